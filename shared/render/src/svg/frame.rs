//! What every chart has: size, name, description, and a calm empty state.

use super::scale::Tenths;
use maud::{Markup, html};

pub(super) struct Frame<'a> {
    pub(super) id: &'a str,
    pub(super) class: &'static str,
    pub(super) width: i128,
    pub(super) height: i128,
    pub(super) title: &'a str,
    pub(super) desc: &'a str,
}

impl Frame<'_> {
    pub(super) fn draw(&self, content: &Markup) -> Markup {
        let id = html_id(self.id);
        let (title_id, desc_id) = (format!("{id}-title"), format!("{id}-desc"));
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class={ "chart " (self.class) } role="img"
                aria-labelledby={ (title_id) " " (desc_id) } focusable="false"
                viewBox={ "0 0 " (self.width) " " (self.height) } width=(self.width) height=(self.height) {
                title id=(title_id) { (self.title) }
                desc id=(desc_id) { (self.desc) }
                (content)
            }
        }
    }

    pub(super) fn draw_empty(&self) -> Markup {
        let middle = |length: i128| Tenths(length * 5);
        self.draw(&html! {
            text class="chart-empty" x=(middle(self.width)) y=(middle(self.height)) fill="currentColor"
                font-size="13" text-anchor="middle" dy="0.35em" { "No data yet" }
        })
    }
}

/// An id that is safe in `aria-labelledby`, where a blank would split it.
fn html_id(id: &str) -> String {
    let safe: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("chart-{safe}")
}

/// At most `max` characters, the last one "…" if something was left out.
pub(super) fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max - 1).collect();
    short.push('…');
    short
}
