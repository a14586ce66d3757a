//! Holds an archive against its signature.
//!
//! Comes in: the key that a pack pins, the bytes of an archive, the text of a signature, all in the forms of minisign.
//! Goes out: nothing, or what is wrong as a lower-case fragment.

use minisign_verify::{Error, PublicKey, Signature};

/// Whether `signature` was made over `archive` with the secret half of `key`.
pub fn verify(key: &str, archive: &[u8], signature: &str) -> Result<(), String> {
    let key = PublicKey::from_base64(key.trim())
        .map_err(|_| "the key that it pins is no public key of minisign".to_owned())?;
    let signature = Signature::decode(signature.trim_end())
        .map_err(|_| "its signature is not of the form that minisign writes".to_owned())?;
    key.verify(archive, &signature, false).map_err(|error| match error {
        Error::UnexpectedKeyId => "it was signed with another key than the one that is pinned".to_owned(),
        Error::UnsupportedAlgorithm | Error::UnexpectedAlgorithm => {
            "its signature is of an old kind; sign it with a current minisign".to_owned()
        }
        _ => "its signature does not fit: it was changed after it was signed".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use minisign::KeyPair;

    use super::verify;

    #[test]
    fn only_the_very_bytes_under_the_very_key_pass() {
        let (ours, other) = (
            KeyPair::generate_unencrypted_keypair().unwrap(),
            KeyPair::generate_unencrypted_keypair().unwrap(),
        );
        let (key, wrong) = (ours.pk.to_base64(), other.pk.to_base64());
        let text = minisign::sign(None, &ours.sk, Cursor::new("pack"), None, None).unwrap().to_string();
        assert_eq!(verify(&key, b"pack", &text), Ok(()));
        assert!(verify(&key, b"pacK", &text).unwrap_err().contains("changed after"));
        assert!(verify(&wrong, b"pack", &text).unwrap_err().contains("another key"));
        assert!(verify("zork", b"pack", &text).unwrap_err().contains("no public key"));
        for cut in [0, 10, text.len() / 2] {
            assert!(verify(&key, b"pack", &text[..cut]).is_err(), "{cut}");
        }
    }
}
