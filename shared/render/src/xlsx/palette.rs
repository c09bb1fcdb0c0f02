//! One colour and one shape per status. The colours of the five classic statuses are given; the rest are
//! dark enough for white text.

use domain::order::Label;
use rust_xlsxwriter::Color;

pub(super) const HEADER: Color = Color::RGB(0xED_F2FF);
pub(super) const SEPARATOR: Color = Color::RGB(0xF6_F7FB);
pub(super) const TEXT: Color = Color::RGB(0x11_1827);
pub(super) const BORDER: Color = Color::RGB(0xD9_DCE3);
/// The bar behind a number of days: the red of "Delayed", light enough to read the number on.
pub(super) const LATENESS: Color = Color::RGB(0xFF_C9C9);

/// How a status looks in print and on screen: colour, text on it, and a shape for readers who don't see
/// colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shade {
    /// Fill, as 0xRRGGBB.
    pub fill: u32,
    /// Text on the fill: white, or near black on the two yellows, where white can't be read.
    pub ink: u32,
    /// Different for every status that has a row next to another.
    pub shape: char,
}

const WHITE: u32 = 0xFF_FFFF;
const DARK: u32 = 0x11_1827;

/// The look of a status.
pub const fn shade(label: Label) -> Shade {
    let (fill, ink, shape) = match label {
        Label::Delivered => (0x34_C759, WHITE, '✓'),
        Label::Delayed => (0xFF_6B6B, WHITE, '▲'),
        Label::InTransit => (0xFF_D166, DARK, '►'),
        Label::Received => (0x7A_A8FF, WHITE, '○'),
        Label::Shipped => (0xFF_B020, DARK, '■'),
        Label::OnHold => (0x8A_5A00, WHITE, '‖'),
        Label::Processing => (0x3F_5BD9, WHITE, '◐'),
        Label::ReadyToShip => (0x0F_766E, WHITE, '□'),
        Label::PartlyShipped => (0xB4_5309, WHITE, '▪'),
        Label::OutForDelivery => (0x25_63EB, WHITE, '»'),
        Label::ReadyForPickup => (0x7C_3AED, WHITE, '◆'),
        Label::DeliveryFailed => (0xB9_1C1C, WHITE, '!'),
        Label::Completed => (0x15_803D, WHITE, '●'),
        Label::ReturnRequested => (0x9D_174D, WHITE, '◁'),
        Label::Returned => (0x6B_21A8, WHITE, '◄'),
        Label::Cancelled => (0x4B_5563, WHITE, '×'),
        Label::Refunded => (0x33_4155, WHITE, '¤'),
        Label::Failed => (0x7F_1D1D, WHITE, '▼'),
    };
    Shade { fill, ink, shape }
}
