//! Durations as packs write them and as people read them.
//!
//! Comes in: `500ms`, `2s`, `30m`. Goes out: milliseconds; and back, milliseconds as `1.2 s` or `4 min`. Bare numbers
//! are refused: nobody remembers their unit.

const UNITS: [(&str, i64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Longer than any log: what is more is a slip of the pen.
const MAX: i64 = 366 * 86_400_000;

/// The milliseconds of `30s`; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, f)| *f);
    let (Ok(number), Some(factor)) = (number.parse::<i64>(), factor) else {
        return Err(format!(
            "`{text}` is no duration; write a whole number and ms, s, m, h or d, e.g. `30s`"
        ));
    };
    match number.checked_mul(factor) {
        Some(ms) if ms <= MAX => Ok(ms),
        _ => Err(format!("`{text}` is longer than a year")),
    }
}

/// `0 ms`, `1.2 s`, `42 s`, `4 min`, `3 h`, `2 d`: as exact as a sentence needs.
pub(super) fn for_people(ms: i64) -> String {
    match ms {
        ..1000 => format!("{ms} ms"),
        1000..9950 => {
            let tenths = (ms + 50) / 100;
            if tenths % 10 == 0 {
                format!("{} s", tenths / 10)
            } else {
                format!("{}.{} s", tenths / 10, tenths % 10)
            }
        }
        9950..119_500 => format!("{} s", (ms + 500) / 1000),
        119_500..7_170_000 => format!("{} min", (ms + 30_000) / 60_000),
        7_170_000..171_000_000 => format!("{} h", (ms + 1_800_000) / 3_600_000),
        _ => format!("{} d", (ms + 43_200_000) / 86_400_000),
    }
}

#[cfg(test)]
mod tests {
    use super::{for_people, parse};

    #[test]
    fn every_unit_is_read() {
        let all = ["7ms", "30s", "30m", "2h", "1d"].map(|t| parse(t).unwrap());
        assert_eq!(all, [7, 30_000, 1_800_000, 7_200_000, 86_400_000]);
    }

    #[test]
    fn a_number_without_unit_a_fraction_and_an_overlong_span_are_refused() {
        for bad in ["30", "", "s", "1.5s", "-3s", "30 s", "30sec", "9999d", "99999999999999999999s"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn people_read_two_digits_at_most() {
        let spans = [0, 999, 1000, 1249, 9949, 9950, 119_499, 119_500, 240_000, 7_200_000, 172_800_000];
        let read =
            ["0 ms", "999 ms", "1 s", "1.2 s", "9.9 s", "10 s", "119 s", "2 min", "4 min", "2 h", "2 d"];
        assert_eq!(spans.map(for_people), read);
    }
}
