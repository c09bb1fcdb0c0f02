//! What a parcel weighs, in whole grams.

use serde::{Deserialize, Serialize};

/// A piece nobody has weighed.
pub const PIECE_DEFAULT_G: u32 = 500;
/// Box, tape and paper.
pub const PACKAGING_G: u32 = 200;
/// No carrier takes more in one parcel (UPS and DHL 70 kg).
pub const PARCEL_MAX_G: u32 = 70_000;
/// Cubic centimetres that count as a kilogram: FedEx, UPS and DHL Express by their metric tariffs (139 in³/lb is the same, nearly).
pub const CM3_PER_KG: u32 = 5_000;
/// A side of a parcel, in millimetres.
const SIDE_MM_MAX: u32 = 3_000;

/// Pieces of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// How many.
    pub quantity: u32,
    /// Grams each, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<u32>,
}

/// The outside of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelSize {
    /// Millimetres.
    pub length_mm: u32,
    /// Millimetres.
    pub width_mm: u32,
    /// Millimetres.
    pub height_mm: u32,
}

/// Why there is no weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeightError {
    /// Nothing to carry.
    #[error("a parcel needs at least one piece")]
    Empty,
    /// Heavier than any carrier takes in one parcel.
    #[error("{grams} g is more than a parcel may weigh ({PARCEL_MAX_G} g): split it")]
    TooHeavy {
        /// What it would weigh.
        grams: u64,
    },
    /// A side of nothing, or longer than three metres.
    #[error("each side must be 1 to {SIDE_MM_MAX} mm")]
    BadSize,
}

/// What pieces weigh with their packaging: each its own weight, else half a kilogram, and 200 g for the box.
pub fn parcel_g(pieces: &[Piece]) -> Result<u32, WeightError> {
    let inside = pieces
        .iter()
        .fold(0u64, |sum, piece| sum.saturating_add(u64::from(piece.quantity) * u64::from(piece.weight_g.unwrap_or(PIECE_DEFAULT_G))));
    if pieces.iter().all(|piece| piece.quantity == 0) {
        return Err(WeightError::Empty);
    }
    let grams = inside.saturating_add(u64::from(PACKAGING_G));
    u32::try_from(grams).ok().filter(|grams| *grams <= PARCEL_MAX_G).ok_or(WeightError::TooHeavy { grams })
}

impl ParcelSize {
    /// What its volume counts as, rounded up to the gram: a cubic millimetre is a thousandth of a cubic centimetre, as a gram is of
    /// a kilogram.
    pub fn dimensional_g(self, cm3_per_kg: u32) -> Result<u32, WeightError> {
        let sides = [self.length_mm, self.width_mm, self.height_mm];
        if sides.iter().any(|side| !(1..=SIDE_MM_MAX).contains(side)) || cm3_per_kg == 0 {
            return Err(WeightError::BadSize);
        }
        let volume: u64 = sides.iter().map(|side| u64::from(*side)).product();
        u32::try_from(volume.div_ceil(u64::from(cm3_per_kg))).map_err(|_| WeightError::BadSize)
    }
}

/// What is charged for: its weight or its volume, whichever is more.
pub fn charged_g(weight_g: u32, size: Option<ParcelSize>, cm3_per_kg: u32) -> Result<u32, WeightError> {
    match size {
        Some(size) => Ok(size.dimensional_g(cm3_per_kg)?.max(weight_g)),
        None => Ok(weight_g),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn piece(quantity: u32, weight_g: Option<u32>) -> Piece {
        Piece { quantity, weight_g }
    }

    // req: S2-60
    #[test]
    fn three_items_weigh_1_7_kg() {
        assert_eq!(parcel_g(&[piece(3, None)]), Ok(1_700));
        assert_eq!(parcel_g(&[piece(1, None), piece(2, Some(1_250))]), Ok(3_200), "what was weighed counts");
        assert_eq!(parcel_g(&[piece(4, Some(0))]), Ok(200), "a sheet of paper weighs nothing, its box does");
        assert_eq!(parcel_g(&[piece(0, None)]), Err(WeightError::Empty));
        assert_eq!(parcel_g(&[]), Err(WeightError::Empty));
        assert_eq!(parcel_g(&[piece(1, Some(69_800))]), Ok(70_000));
        assert_eq!(parcel_g(&[piece(1, Some(69_801))]), Err(WeightError::TooHeavy { grams: 70_001 }));
    }

    // req: S2-60
    #[test]
    fn a_large_light_parcel_is_charged_by_its_volume() {
        let pillow = ParcelSize { length_mm: 400, width_mm: 300, height_mm: 200 };
        assert_eq!(pillow.dimensional_g(CM3_PER_KG), Ok(4_800), "24,000 cm³ / 5,000");
        assert_eq!(charged_g(1_700, Some(pillow), CM3_PER_KG), Ok(4_800));
        assert_eq!(charged_g(9_000, Some(pillow), CM3_PER_KG), Ok(9_000));
        assert_eq!(charged_g(1_700, None, CM3_PER_KG), Ok(1_700));
        assert_eq!(ParcelSize { height_mm: 1, ..pillow }.dimensional_g(CM3_PER_KG), Ok(24));
        for size in [ParcelSize { height_mm: 0, ..pillow }, ParcelSize { length_mm: 3_001, ..pillow }] {
            assert_eq!(size.dimensional_g(CM3_PER_KG), Err(WeightError::BadSize), "{size:?}");
        }
        assert_eq!(pillow.dimensional_g(0), Err(WeightError::BadSize));
    }

    proptest! {
        #[test]
        fn nothing_overflows(quantity in any::<u32>(), weight_g in any::<Option<u32>>(), sides in any::<[u32; 3]>(), divisor in any::<u32>()) {
            let _ = parcel_g(&[piece(quantity, weight_g), piece(quantity, weight_g)]);
            let _ = ParcelSize { length_mm: sides[0], width_mm: sides[1], height_mm: sides[2] }.dimensional_g(divisor);
        }
    }
}
