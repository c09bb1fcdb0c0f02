//! A hash that is the same for ever, on every machine: for choosing and telling apart, not for secrets.

/// FNV-1a, 64 bits.
pub fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of draft-eastlake-fnv.
    #[test]
    fn published_vectors() {
        for (text, hash) in [("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8)] {
            assert_eq!(fnv1a(text.bytes()), hash, "{text}");
        }
    }
}
