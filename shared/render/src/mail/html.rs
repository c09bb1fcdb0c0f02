//! The HTML body: one calm column that survives mail programs from the nineties (tables, inline styles) and
//! turns dark where the reader wants that.

use super::WebLink;
use crate::xlsx::shade;
use domain::order::Label;
use maud::{DOCTYPE, Markup, html};

/// What a mail to a customer or a colleague shows. All texts are foreign text and get escaped.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// BCP 47 language of the texts; "en" if empty.
    pub lang: String,
    /// The sender's name, above the card.
    pub shop: String,
    /// The headline.
    pub heading: String,
    /// The message; blank lines part paragraphs, line breaks stay.
    pub message: String,
    /// The status as a coloured word, if the mail is about one: the label for the colour, the word to show.
    pub status: Option<(Label, String)>,
    /// Facts as name and value, such as "Order" and "1001".
    pub facts: Vec<(String, String)>,
    /// A button: its words and where it leads.
    pub button: Option<(String, WebLink)>,
    /// Small print at the end: why the reader gets this mail.
    pub footer: String,
    /// The way off the list: its words and where it leads.
    pub unsubscribe: Option<(String, WebLink)>,
}

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
/// Readers that know dark mode take it from here; the others ignore it.
const DARK: &str = "@media (prefers-color-scheme: dark){\
.of-page{background:#0b1220!important}.of-card{background:#111827!important;border-color:#374151!important}\
.of-text,.of-fact td{color:#e5e7eb!important}.of-quiet,.of-fact th{color:#9ca3af!important}\
.of-fact td,.of-fact th{border-color:#374151!important}}";

/// The page as a whole document.
pub fn html_body(page: &Page) -> String {
    let lang = if page.lang.is_empty() { "en" } else { page.lang.as_str() };
    let document = html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (page.heading) }
                style { (DARK) }
            }
            body class="of-page" style={ "margin:0;padding:0;background:#eaf0ff;" (FONT) } {
                (preview(&page.message))
                table class="of-page" role="presentation" width="100%" cellpadding="0" cellspacing="0"
                    style="background:#eaf0ff;" {
                    tr { td align="center" style="padding:24px 12px;" { (column(page)) } }
                }
            }
        }
    };
    document.into_string()
}

/// What mail programs show beside the subject.
fn preview(message: &str) -> Markup {
    let line: String = message.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    html! {
        div style="display:none;max-height:0;overflow:hidden;" aria-hidden="true" { (line) }
    }
}

fn column(page: &Page) -> Markup {
    html! {
        table role="presentation" width="560" cellpadding="0" cellspacing="0" style="width:100%;max-width:560px;" {
            tr { td class="of-quiet" dir="auto" style={ (FONT) "font-size:14px;font-weight:600;color:#4b5563;padding:0 4px 12px;" } {
                (page.shop)
            } }
            tr { td class="of-card" style="background:#ffffff;border:1px solid #d9dce3;border-radius:12px;padding:28px;" {
                (card(page))
            } }
            tr { td class="of-quiet" dir="auto" style={ (FONT) "font-size:12px;line-height:18px;color:#4b5563;padding:16px 4px;" } {
                (page.footer)
                @if let Some((words, link)) = &page.unsubscribe {
                    " " a class="of-quiet" href=(link) style="color:#4b5563;" { (words) }
                }
            } }
        }
    }
}

fn card(page: &Page) -> Markup {
    html! {
        @if let Some((label, word)) = &page.status { (pill(*label, word)) }
        h1 class="of-text" dir="auto" style={ (FONT) "font-size:22px;line-height:28px;color:#111827;margin:0 0 16px;" } {
            (page.heading)
        }
        @for paragraph in paragraphs(&page.message) {
            p class="of-text" dir="auto" style={ (FONT) "font-size:16px;line-height:24px;color:#111827;margin:0 0 16px;" } {
                @for (index, line) in paragraph.lines().enumerate() {
                    @if index > 0 { br; }
                    (line)
                }
            }
        }
        @if !page.facts.is_empty() { (facts(&page.facts)) }
        @if let Some((words, link)) = &page.button {
            p style="margin:20px 0 0;" {
                a href=(link) style={ (FONT) "display:inline-block;background:#1d4ed8;color:#ffffff;font-size:16px;font-weight:600;\
                    text-decoration:none;border-radius:8px;padding:12px 20px;" } { (words) }
            }
        }
    }
}

/// White on a pale status colour can't be read in a mail, so the colour is a dot and the word stays dark.
fn pill(label: Label, word: &str) -> Markup {
    html! {
        p class="of-text" dir="auto" style={ (FONT) "font-size:14px;font-weight:600;color:#111827;margin:0 0 12px;" } {
            span aria-hidden="true" style={ "display:inline-block;width:12px;height:12px;border-radius:6px;margin-right:8px;background:#"
                (format!("{:06x}", shade(label).fill)) ";" } {}
            (word)
        }
    }
}

fn facts(facts: &[(String, String)]) -> Markup {
    let cell = "font-size:14px;line-height:20px;padding:8px 0;border-top:1px solid #d9dce3;";
    html! {
        table class="of-fact" width="100%" cellpadding="0" cellspacing="0" style="margin:8px 0 0;border-collapse:collapse;" {
            @for (name, value) in facts {
                tr {
                    th scope="row" align="left" dir="auto" style={ (FONT) (cell) "font-weight:400;color:#4b5563;padding-right:16px;" } { (name) }
                    td align="right" dir="auto" style={ (FONT) (cell) "font-weight:600;color:#111827;" } { (value) }
                }
            }
        }
    }
}

fn paragraphs(message: &str) -> Vec<String> {
    let message = message.replace("\r\n", "\n");
    message.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}
