//! Makes archives for tests, those of this room and those of the whole program.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// A zip archive of files by name, deflated. It is made by hand, for no tool would make the evil ones.
pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
        packer.write_all(content).unwrap();
        let deflated = packer.finish().unwrap();
        let mut crc = Crc::new();
        crc.update(content);
        let mut facts = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        for number in [crc.sum(), deflated.len() as u32, content.len() as u32] {
            facts.extend(number.to_le_bytes());
        }
        facts.extend((name.len() as u16).to_le_bytes());
        facts.extend([0, 0]);
        let at = out.len() as u32;
        out.extend([&b"PK\x03\x04"[..], &facts, name.as_bytes(), &deflated].concat());
        directory.extend([&b"PK\x01\x02\x14\0"[..], &facts, &[0; 10], &at.to_le_bytes()].concat());
        directory.extend(name.as_bytes());
    }
    let (at, size, count) = (out.len() as u32, directory.len() as u32, files.len() as u16);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend([size.to_le_bytes(), at.to_le_bytes()].concat());
    out.extend([0, 0]);
    out
}
