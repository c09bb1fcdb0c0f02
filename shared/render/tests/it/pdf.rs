//! The list of delayed orders as a document, read again by another library.

use crate::sample;
use domain::kpi::daily;
use jiff::civil::date;
use lopdf::{Document, Object};
use render::RenderError;
use render::pdf::{Fonts, delayed};

fn read(pdf: &[u8]) -> Document {
    Document::load_mem(pdf).expect("a PDF")
}

fn media_box(document: &Document) -> Vec<f32> {
    let page = document.get_pages()[&1];
    let corners = document.get_dictionary(page).expect("a PDF").get(b"MediaBox").and_then(Object::as_array).expect("a media box");
    corners.iter().map(|side| side.as_float().expect("a PDF")).collect()
}

// req: S0-42
#[test]
fn only_delayed_orders_are_listed_on_a4_and_the_bytes_depend_on_nothing_else() {
    let fonts = Fonts::built_in().unwrap();
    let kpi = sample::kpi(date(2025, 8, 11));
    let pdf = delayed(&kpi, "My Shop", &fonts).unwrap();
    let document = read(&pdf);
    assert_eq!(media_box(&document), [0.0, 0.0, 595.0, 842.0]);
    let text = document.extract_text(&[1]).unwrap();
    for words in ["Delayed orders", "3 of 14 orders are delayed (21.4 %)", "1001", "1004", "Piotr Wiśniewski", "1008", "Page 1 of 1"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    for order in sample::orders() {
        assert_eq!(text.contains(&order.number), order.is_delayed(), "{}", order.number);
    }
    assert!(document.catalog().unwrap().has(b"StructTreeRoot"), "a reader that cannot see finds a table");
    assert_eq!(pdf, delayed(&kpi, "My Shop", &Fonts::built_in().unwrap()).unwrap());
}

#[test]
fn no_delayed_order_is_one_page_that_says_so() {
    let pdf = delayed(&daily(date(2025, 8, 11), []), "My Shop", &Fonts::built_in().unwrap()).unwrap();
    assert!(read(&pdf).extract_text(&[1]).unwrap().contains("No order is delayed."));
}

/// Names of any script and length.
#[test]
fn every_page_has_the_header_and_its_number() {
    let pdf = delayed(&sample::many_delayed(120), "Księgarnia", &Fonts::built_in().unwrap()).unwrap();
    let document = read(&pdf);
    let pages = u32::try_from(document.get_pages().len()).unwrap();
    assert!(pages > 3);
    for page in 1..=pages {
        let text = document.extract_text(&[page]).unwrap();
        assert!(text.contains("Days late") && text.contains(&format!("Page {page} of {pages}")), "{text}");
    }
}

#[test]
fn a_file_that_is_no_font_is_refused() {
    let refused = Fonts::built_in().unwrap().with(b"not a font".to_vec());
    assert!(matches!(refused, Err(RenderError::Font { .. })));
}
