//! Seeded damage to files: bits, bytes, numbers, truncation, splices.

use rand_chacha::ChaCha8Rng;

use crate::below;

/// Texts that mean something to one of the formats.
const WORDS: [&[u8]; 30] = [
    b"0",
    b"-1",
    b"18446744073709551615",
    b"9223372036854775807",
    b"4294967296",
    b"1e308",
    b"1e-320",
    b"NaN",
    b"inf",
    b"-inf",
    b"null",
    b"[]",
    b"{}",
    b"[[[[[[[[",
    b",",
    b"\n",
    b"\"",
    b"'",
    b"(",
    b")",
    b"<f4",
    b">f8",
    b"<i8",
    b"True",
    b"_",
    b"\xff",
    b"\xf0\x9f\x98\x80",
    b"(4294967296, 4294967296)",
    b"0,",
    b"\0",
];

/// The bytes of one seed, changed in one to eight places, perhaps with something of another.
pub fn mutated(seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seeds[below(seeds.len(), random)].clone();
    for _ in 0..=below(8, random) {
        change(&mut bytes, seeds, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut ChaCha8Rng) {
    // Headers are where claims are made: half of the time among the first bytes.
    let reach = if below(2, random) == 0 { bytes.len().min(160) } else { bytes.len() };
    let at = below(reach + 1, random);
    let length = below(16, random).min(bytes.len() - at);
    match below(9, random) {
        0 => bytes.truncate(at),
        1 => drop(bytes.splice(at..at, std::iter::repeat_n(below(256, random) as u8, below(64, random)))),
        2 => drop(bytes.drain(at..at + length)),
        3 => drop(bytes.splice(at..at + length, WORDS[below(WORDS.len(), random)].iter().copied())),
        4 => {
            let other = &seeds[below(seeds.len(), random)];
            let from = below(other.len() + 1, random);
            let to = (from + below(200, random)).min(other.len());
            drop(bytes.splice(at..at + length, other[from..to].iter().copied()));
        }
        5 => {
            let number = [0, 1, 127, 128, 255, 0xffff, 0x7fff_ffff, u32::MAX, below(1000, random) as u32];
            let number = number[below(number.len(), random)].to_le_bytes();
            let number =
                if below(2, random) == 0 { number } else { [number[3], number[2], number[1], number[0]] };
            bytes.iter_mut().skip(at).zip(number).for_each(|(byte, new)| *byte = new);
        }
        6 => {
            // Another digit makes another number.
            let digit = b'0' + below(10, random) as u8;
            if let Some(byte) = bytes.iter_mut().skip(at).find(|byte| byte.is_ascii_digit()) {
                *byte = digit;
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << below(8, random);
            }
        }
    }
}
