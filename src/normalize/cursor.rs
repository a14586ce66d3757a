//! Reads bytes at any place without a panic: what lies beyond the end is NUL, which no shape contains.
//!
//! In: a message and a place. Out: bytes, runs, slices. It knows no shape.

/// The byte at `at`, or NUL.
#[inline]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The bytes from `from` up to `to`, or none.
#[inline]
pub(super) fn slice(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to).unwrap_or_default()
}

/// Where the bytes that `fits` end, from `from` on.
#[inline]
pub(super) fn run(bytes: &[u8], from: usize, fits: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|&b| !fits(b)).unwrap_or(rest.len())
}

/// Where the decimal digits from `from` on end.
#[inline]
pub(super) fn digits(bytes: &[u8], from: usize) -> usize {
    run(bytes, from, |b| b.is_ascii_digit())
}

/// Whether no letter and no digit stands at `at`.
#[inline]
pub(super) fn word_ends(bytes: &[u8], at: usize) -> bool {
    !byte(bytes, at).is_ascii_alphanumeric()
}

/// Whether a whole word ends at `at`: neither its own end nor a slot that stands for one follows.
pub(super) fn plain_end(bytes: &[u8], at: usize) -> bool {
    word_ends(bytes, at) && byte(bytes, at) != b'<'
}

/// The number that the decimal digits of `digits` write, as far as it fits.
pub(super) fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |n: u64, b| n.saturating_mul(10).saturating_add(u64::from(b.wrapping_sub(b'0'))))
}
