//! Pictures of an order: what was packed, what was shipped.
//!
//! A camera writes into a picture where it was taken, when, and by whose device. [`clean`] keeps what is needed to draw it, and
//! nothing else: neither metadata, nor thumbnails, nor what hangs behind the picture's end.

use crate::ids::PhotoId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Pictures an order may have.
pub const PHOTOS_MAX: usize = 20;

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoKind {
    /// What was put into the parcel.
    Packing,
    /// The parcel as it left, or where it was left.
    Shipping,
}

impl PhotoKind {
    /// Every one.
    pub const ALL: [PhotoKind; 2] = [PhotoKind::Packing, PhotoKind::Shipping];

    /// As in a path.
    pub const fn as_str(self) -> &'static str {
        match self {
            PhotoKind::Packing => "packing",
            PhotoKind::Shipping => "shipping",
        }
    }

    /// From a path.
    pub fn from_word(word: &str) -> Option<PhotoKind> {
        PhotoKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for PhotoKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A picture of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// What it shows.
    pub kind: PhotoKind,
    /// Its name among the pictures of the order.
    pub name: PhotoId,
    /// When it was added.
    pub at: Timestamp,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Format {
    /// By its first bytes, whatever its name or its sender says.
    pub fn of(bytes: &[u8]) -> Option<Format> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
            _ if bytes.starts_with(PNG) => Some(Format::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
            _ => None,
        }
    }

    /// How a file of it ends.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Webp => "webp",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::Webp => "WebP",
        }
    }
}

/// Why something cannot be a picture of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPicture {
    /// Nothing was sent.
    #[error("send the picture itself as the body")]
    Empty,
    /// A phone's own format, which browsers do not show.
    #[error("this is HEIC, which browsers do not show; send JPEG, PNG or WebP (iPhone: Settings, Camera, Formats, Most Compatible)")]
    Heic,
    /// Something else.
    #[error("this is no JPEG, PNG or WebP picture")]
    NoPicture,
    /// It ends early, or is none inside.
    #[error("this {} ends early or is damaged; send it again", .0.name())]
    Damaged(Format),
}

impl BadPicture {
    /// Machine-readable.
    pub const fn code(self) -> &'static str {
        match self {
            BadPicture::Empty => "required",
            BadPicture::Heic | BadPicture::NoPicture => "not_a_picture",
            BadPicture::Damaged(_) => "damaged_picture",
        }
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Brands of the formats that phones write by themselves.
const HEIC: [&[u8]; 6] = [b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"];
/// What is drawn, and how its colours are meant. An animation becomes its first picture.
const PNG_KEPT: [&[u8]; 12] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"pHYs"];
const WEBP_KEPT: [&[u8]; 7] = [b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"];

/// The picture without anything but the picture.
///
/// # Errors
/// What is wrong with it, in words for whoever sent it.
pub fn clean(bytes: &[u8]) -> Result<(Format, Vec<u8>), BadPicture> {
    if bytes.is_empty() {
        return Err(BadPicture::Empty);
    }
    if bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| HEIC.contains(&brand)) {
        return Err(BadPicture::Heic);
    }
    let format = Format::of(bytes).ok_or(BadPicture::NoPicture)?;
    let cleaned = match format {
        Format::Jpeg => jpeg(bytes),
        Format::Png => png(bytes),
        Format::Webp => webp(bytes),
    };
    Ok((format, cleaned.ok_or(BadPicture::Damaged(format))?))
}

/// Segments from the first marker to the end of the picture.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0xFF, 0xD8];
    let mut rest = bytes.get(2..)?;
    let (mut is_turned, mut is_drawn) = (false, false);
    loop {
        let [0xFF, marker, after @ ..] = rest else { return None };
        match *marker {
            0xFF => rest = rest.get(1..)?,
            0xD9 => {
                out.extend([0xFF, 0xD9]);
                return is_drawn.then_some(out);
            }
            0x00 | 0x01 | 0xD0..=0xD8 => return None,
            marker => {
                let [high, low, ..] = *after else { return None };
                let (segment, behind) = after.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
                let content = segment.get(2..)?;
                if is_drawing(marker, content) {
                    out.extend([0xFF, marker]);
                    out.extend(segment);
                } else if let Some(turn) = turn(marker, content).filter(|_| !is_turned) {
                    out.extend(turned(turn));
                    is_turned = true;
                }
                rest = behind;
                if marker == 0xDA {
                    let (scan, behind) = rest.split_at_checked(scan_length(rest)?)?;
                    // Any number of 0xFF may stand before a marker; a scan's own is never its last byte.
                    let fill = scan.iter().rev().take_while(|byte| **byte == 0xFF).count();
                    out.extend(scan.get(..scan.len() - fill)?);
                    (rest, is_drawn) = (behind, true);
                }
            }
        }
    }
}

/// Needed to draw it: tables, frames, scans, and how its colours are meant.
fn is_drawing(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xC0..=0xC7 | 0xC9..=0xCF | 0xDA..=0xDD => true,
        // A longer one holds a thumbnail.
        0xE0 => content.starts_with(b"JFIF\0") && content.len() == 14,
        0xE2 => content.starts_with(b"ICC_PROFILE\0"),
        0xEE => content.starts_with(b"Adobe"),
        _ => false,
    }
}

/// Where the scan's data ends: at a marker that is neither a stuffed byte nor a restart.
fn scan_length(data: &[u8]) -> Option<usize> {
    data.windows(2).position(|pair| matches!(pair, [0xFF, next] if !matches!(next, 0x00 | 0xD0..=0xD7 | 0xFF)))
}

/// How the camera was held, if it was not upright: without it a phone's picture lies on its side.
fn turn(marker: u8, content: &[u8]) -> Option<u8> {
    let tiff = content.strip_prefix(b"Exif\0\0").filter(|_| marker == 0xE1)?;
    let is_big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let four: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let first = usize::try_from(if is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }).ok()?;
    let entries = (0..usize::from(short(first)?)).map_while(|index| first.checked_add(2 + 12 * index));
    let entry = entries.take_while(|at| short(*at).is_some()).find(|at| short(*at) == Some(0x0112))?;
    let turn = short(entry.checked_add(8)?)?;
    u8::try_from(turn).ok().filter(|turn| (2..=8).contains(turn))
}

/// A segment that says nothing but how the camera was held.
fn turned(turn: u8) -> Vec<u8> {
    let mut segment = b"\xFF\xE1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    segment.extend([turn, 0, 0, 0, 0, 0, 0]);
    segment
}

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = PNG.to_vec();
    let mut rest = bytes.strip_prefix(PNG)?;
    let (mut is_first, mut is_drawn) = (true, false);
    loop {
        let length: [u8; 4] = rest.get(..4)?.try_into().ok()?;
        let name = rest.get(4..8)?;
        let whole = usize::try_from(u32::from_be_bytes(length)).ok()?.checked_add(12)?;
        let (chunk, behind) = rest.split_at_checked(whole)?;
        if is_first != (name == b"IHDR") {
            return None;
        }
        (is_first, is_drawn) = (false, is_drawn || name == b"IDAT");
        if PNG_KEPT.contains(&name) {
            out.extend(chunk);
        }
        if name == b"IEND" {
            return is_drawn.then_some(out);
        }
        rest = behind;
    }
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    let size: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let mut rest = bytes.get(12..usize::try_from(u32::from_le_bytes(size)).ok()?.checked_add(8)?)?;
    let mut out = bytes.get(..12)?.to_vec();
    let mut is_drawn = false;
    while !rest.is_empty() {
        let name = rest.get(..4)?;
        let length: [u8; 4] = rest.get(4..8)?.try_into().ok()?;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let content = rest.get(8..length.checked_add(8)?)?;
        // Chunks begin at even places; some writers forget the last byte.
        let padded = length.checked_add(8 + length % 2)?;
        if WEBP_KEPT.contains(&name) {
            let at = out.len();
            out.extend(rest.get(..8)?);
            out.extend(content);
            out.extend(std::iter::repeat_n(0, length % 2));
            if name == b"VP8X" {
                // No Exif and no XMP follow.
                *out.get_mut(at + 8)? &= !0x0C;
            }
        }
        is_drawn |= matches!(name, b"VP8 " | b"VP8L" | b"ANMF");
        rest = rest.get(padded..).unwrap_or_default();
    }
    let size = u32::try_from(out.len().checked_sub(8)?).ok()?;
    out.get_mut(4..8)?.copy_from_slice(&size.to_le_bytes());
    is_drawn.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], content].concat()
    }

    fn exif(little: bool, turn: u8) -> Vec<u8> {
        let tiff: &[u8] =
            if little { b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" } else { b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" };
        let value = if little { [turn, 0, 0, 0] } else { [0, turn, 0, 0] };
        [b"Exif\0\0", tiff, &value, b"\0\0\0\0 taken at 52.2297 N by Ann"].concat()
    }

    fn photograph(first: &[u8]) -> Vec<u8> {
        let scan = [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56];
        let parts = [
            vec![0xFF, 0xD8],
            first.to_vec(),
            segment(0xFE, b"Ann's phone"),
            segment(0xE2, b"MPF\0 another picture, with Ann in it"),
            segment(0xE2, b"ICC_PROFILE\0\x01\x01"),
            segment(0xDB, b"tables"),
            segment(0xC0, b"frame"),
            segment(0xDA, b"scan"),
            scan.to_vec(),
            vec![0xFF, 0xFF, 0xD9],
            b"a film of Ann behind the picture".to_vec(),
        ];
        parts.concat()
    }

    // req: S1-36, X-08
    #[test]
    fn a_photograph_says_nothing_but_what_it_shows() {
        for little in [true, false] {
            let (format, picture) = clean(&photograph(&segment(0xE1, &exif(little, 6)))).unwrap();
            assert_eq!(format, Format::Jpeg);
            let text = String::from_utf8_lossy(&picture).into_owned();
            assert!(!text.contains("Ann") && !text.contains("52.2") && text.contains("tables") && text.contains("ICC_PROFILE"), "{text}");
            assert!(picture.ends_with(&[0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD9]));
            assert_eq!(turn(0xE1, picture.get(6..).unwrap()), Some(6), "it still lies as it was held");
            assert_eq!(clean(&picture).unwrap().1, picture, "nothing more to leave out");
        }
        for nothing in [exif(true, 1), exif(true, 9), b"Exif\0\0II*\0\xFF\xFF\xFF\xFF".to_vec(), b"http://ns.adobe.com/xap Ann".to_vec()] {
            let picture = clean(&photograph(&segment(0xE1, &nothing))).unwrap().1;
            assert!(!picture.windows(2).any(|pair| pair == [0xFF, 0xE1]));
        }
    }

    fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
        [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], name, content, b"crc!"].concat()
    }

    fn riff(name: &[u8], content: &[u8]) -> Vec<u8> {
        let padding: &[u8] = if content.len() % 2 == 1 { b"\0" } else { b"" };
        [name, &u32::try_from(content.len()).unwrap().to_le_bytes()[..], content, padding].concat()
    }

    fn drawn() -> Vec<u8> {
        let chunks =
            [chunk(b"IHDR", b"size"), chunk(b"tEXt", b"Author\0Ann"), chunk(b"eXIf", b"Ann"), chunk(b"IDAT", b"dots"), chunk(b"IEND", b"")];
        [PNG, &chunks.concat(), b"Ann"].concat()
    }

    fn web() -> Vec<u8> {
        let chunks = [riff(b"VP8X", &[0x2C; 10]), riff(b"VP8 ", b"dot"), riff(b"EXIF", b"Ann was here"), riff(b"XMP ", b"Ann")].concat();
        let size = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
        [b"RIFF", &size[..], b"WEBP", &chunks, b"Ann"].concat()
    }

    // req: S1-36, X-08
    #[test]
    fn drawings_and_web_pictures_too() {
        for (bytes, format) in [(drawn(), Format::Png), (web(), Format::Webp)] {
            let (found, picture) = clean(&bytes).unwrap();
            assert_eq!((found, Format::of(&picture)), (format, Some(format)));
            let text = String::from_utf8_lossy(&picture).into_owned();
            assert!(!text.contains("Ann") && text.contains("dot"), "{text}");
            assert_eq!(clean(&picture).unwrap().1, picture);
        }
        let picture = clean(&web()).unwrap().1;
        assert_eq!((picture[20], usize::from(picture[4])), (0x20, picture.len() - 8));
    }

    /// A progressive picture has many scans, with tables between them, and fill bytes where a camera liked.
    // req: S1-36
    #[test]
    fn every_scan_of_a_picture_is_kept() {
        let scan = |data: &[u8]| [segment(0xC4, b"tables"), segment(0xDA, b"scan"), data.to_vec()].concat();
        let scans: Vec<Vec<u8>> = (0..50).map(|number| scan(&[number, 0xFF, 0x00, 0xFF, 0xFF, 0xD3, 0xFF])).collect();
        let whole = [&[0xFF, 0xD8][..], &segment(0xC2, b"frame"), &scans.concat(), &[0xFF, 0xD9]].concat();
        let picture = clean(&whole).unwrap().1;
        let kept = [
            &[0xFF, 0xD8][..],
            &segment(0xC2, b"frame"),
            &(0..50).flat_map(|n| scan(&[n, 0xFF, 0x00, 0xFF, 0xFF, 0xD3])).collect::<Vec<_>>(),
            &[0xFF, 0xD9],
        ];
        assert_eq!(picture, kept.concat());
        for cut in [whole.len() - 1, whole.len() / 2, 9] {
            assert_eq!(clean(&whole[..cut]), Err(BadPicture::Damaged(Format::Jpeg)), "{cut}");
        }
    }

    // req: S1-36
    #[test]
    fn what_is_no_picture_is_refused() {
        assert_eq!(clean(b""), Err(BadPicture::Empty));
        assert_eq!(clean(b"\0\0\0\x18ftypheic\0\0\0\0"), Err(BadPicture::Heic));
        for other in [&b"GIF89a"[..], b"%PDF-1.7", b"<svg onload=alert(1)>", b"\xFF", b"RIFF....WAVE", b"hello"] {
            assert_eq!(clean(other), Err(BadPicture::NoPicture));
        }
        for (whole, format) in [(photograph(&[]), Format::Jpeg), (drawn(), Format::Png), (web(), Format::Webp)] {
            let end = whole.len() - if format == Format::Jpeg { 32 } else { 3 };
            for length in 0..end {
                assert!(clean(&whole[..length]).is_err(), "{format:?} cut off at {length}");
            }
            // Whatever is wrong inside, it is told and not stumbled over.
            for at in 0..whole.len() {
                for byte in [0x00, 0x7F, 0x80, 0xD9, 0xFF] {
                    let mut bent = whole.clone();
                    bent[at] = byte;
                    let _ = clean(&bent);
                }
            }
        }
    }
}
