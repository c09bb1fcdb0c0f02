//! Our own line icons, drawn on a 24 x 24 grid in the colour of the text around them.

use domain::order::Label;
use maud::{Markup, PreEscaped, html};

/// Path data of an icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icon(&'static str);

/// A basket: placed.
pub const BASKET: Icon = Icon("M3 9h18l-2 10.5H5zM8 9l3-5.5M16 9l-3-5.5M9.5 13v3.5M14.5 13v3.5");
/// Two bars: on hold.
pub const PAUSE: Icon = Icon("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM10 9v6M14 9v6");
/// A gear: processing.
pub const GEAR: Icon = Icon(
    "M12 8.8a3.2 3.2 0 1 0 0 6.4a3.2 3.2 0 0 0 0-6.4zM12 3v2.6M12 18.4V21M3 12h2.6M18.4 12H21\
     M5.6 5.6l1.9 1.9M16.5 16.5l1.9 1.9M5.6 18.4l1.9-1.9M16.5 7.5l1.9-1.9",
);
/// A taped box: ready to ship.
pub const BOX: Icon = Icon("M4 7.5L12 3.5l8 4v9l-8 4l-8-4zM4 7.5l8 4l8-4M12 11.5v9M8 5.5l8 4");
/// Half a box: partly shipped.
pub const PARTS: Icon = Icon("M3.5 12.5h7v7h-7zM13.5 12.5h7v7h-7zM8.5 3.5h7v6h-7z");
/// A paper plane: shipped.
pub const PLANE: Icon = Icon("M21 3.5L3 10.5l6.5 3L21 3.5zM21 3.5L14 21l-4.5-7.5");
/// A van: in transit.
pub const VAN: Icon = Icon("M2.5 6h11v10.5h-11zM13.5 9.5H18l3.5 3.8v3.2h-8zM7 16.5a2 2 0 1 0 .01 0zM17.5 16.5a2 2 0 1 0 .01 0z");
/// A pin: out for delivery.
pub const PIN: Icon = Icon("M12 21c-4.5-5-7-8.3-7-11.3a7 7 0 0 1 14 0c0 3-2.5 6.3-7 11.3zM12 7.5a2.4 2.4 0 1 0 .01 0z");
/// A shop: ready for pick-up.
pub const SHOP: Icon = Icon("M4.5 10v10h15V10M3 10l2-6h14l2 6zM10 20v-5.5h4V20");
/// A clock: delayed.
pub const CLOCK: Icon = Icon("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 7v5.2l3.5 2");
/// A warning: failed on the way.
pub const WARNING: Icon = Icon("M12 3.5L2.5 20h19zM12 10v4.5M12 17.2v.1");
/// A tick in a circle: delivered.
pub const TICK: Icon = Icon("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM8 12.3l2.8 2.8L16.2 9.5");
/// Two ticks: completed.
pub const TICKS: Icon = Icon("M2.5 12.5l4 4L15 8M10.5 15.5l1 1L20.5 8");
/// An arrow back: return requested.
pub const BACK: Icon = Icon("M9 5L4 10l5 5M4 10h10.5a5 5 0 0 1 0 10H10");
/// A box that came back: returned.
pub const RETURNED: Icon = Icon("M4 8.5L12 4.5l8 4v8l-8 4l-8-4zM12.5 9.5l-3 2.7l3 2.7M9.5 12.2h5.5");
/// A cross in a circle: cancelled.
pub const CROSS: Icon = Icon("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM9 9l6 6M15 9l-6 6");
/// A coin: refunded.
pub const COIN: Icon = Icon(
    "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM14.8 9.2c-.5-1-1.5-1.4-2.8-1.4c-1.7 0-2.8.8-2.8 2c0 2.9 5.8 1.3 5.8 4.3\
     c0 1.3-1.2 2.1-3 2.1c-1.5 0-2.6-.5-3.1-1.6M12 6v1.8M12 16.2V18",
);
/// Bars: the dashboard.
pub const CHART: Icon = Icon("M4 20V11M10 20V4M16 20v-7M21 20H3");
/// A list: orders.
pub const LIST: Icon = Icon("M8 6h13M8 12h13M8 18h13M3.5 6h.1M3.5 12h.1M3.5 18h.1");
/// A sheet of paper with lines: reports.
pub const PAPER: Icon = Icon("M6 3h8.5L19 7.5V21H6zM14 3v5h5M9 12.5h7M9 16.5h7");
/// A grid: the shop's sheet.
pub const GRID: Icon = Icon("M3.5 5h17v14h-17zM3.5 9.7h17M3.5 14.3h17M9.5 5v14");
/// A speech bubble: ask, messages.
pub const BUBBLE: Icon = Icon("M4 4.5h16v11.5H11L6.5 20v-4H4zM8 9h8M8 12h5");
/// A magnifying glass: search.
pub const GLASS: Icon = Icon("M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.3 15.3L20.5 20.5");
/// A lightning bolt: done by a rule.
pub const BOLT: Icon = Icon("M13 3L5 13.5h6L10 21l8.5-11h-6.2z");
/// A door: sign out.
pub const DOOR: Icon = Icon("M14 4H5v16h9M10 12h11M17.5 8.5L21 12l-3.5 3.5");
/// A lock: secure.
pub const LOCK: Icon = Icon("M6 10.5h12V20H6zM8.5 10.5V7.5a3.5 3.5 0 0 1 7 0v3");
/// A person.
pub const PERSON: Icon = Icon("M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM4.5 20.5c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5");
/// A calendar: promised day.
pub const CALENDAR: Icon = Icon("M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8");
/// A camera: a photo.
pub const CAMERA: Icon = Icon("M3.5 7.5h4l1.5-2.5h6l1.5 2.5h4v11.5h-17zM12 9.5a3.5 3.5 0 1 0 .01 0z");
/// A dot: anything else that happened.
pub const DOT: Icon = Icon("M12 9a3 3 0 1 0 .01 0z");
/// An arrow up: send.
pub const SEND: Icon = Icon("M12 20V5M5.5 11.5L12 5l6.5 6.5");
/// An envelope: e-mail.
pub const MAIL: Icon = Icon("M3.5 5.5h17v13h-17zM3.5 6.5l8.5 7l8.5-7");
/// A plug: others that are told.
pub const PLUG: Icon = Icon("M8.5 3.5V8M15.5 3.5V8M6 8h12v3.5a6 6 0 0 1-12 0zM12 17.5v3.5");
/// What comes in.
pub const TRAY: Icon = Icon("M4 13.5L6.5 5h11L20 13.5V19H4zM4 13.5h5l1.2 2.5h3.6l1.2-2.5h5");

impl Icon {
    /// Beside words that say the same: hidden from screen readers.
    pub fn beside(self) -> Markup {
        html! {
            svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false" { (self.path()) }
        }
    }

    /// On its own: with a name.
    pub fn named(self, name: &str) -> Markup {
        html! {
            svg class="icon" viewBox="0 0 24 24" width="16" height="16" role="img" focusable="false" { title { (name) } (self.path()) }
        }
    }

    fn path(self) -> Markup {
        html! {
            path d=(PreEscaped(self.0)) fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
                stroke-linejoin="round" {}
        }
    }

    /// A status's icon; no two groups of states share one.
    pub const fn of(label: Label) -> Icon {
        match label {
            Label::Received => BASKET,
            Label::OnHold => PAUSE,
            Label::Processing => GEAR,
            Label::ReadyToShip => BOX,
            Label::PartlyShipped => PARTS,
            Label::Shipped => PLANE,
            Label::InTransit => VAN,
            Label::OutForDelivery => PIN,
            Label::ReadyForPickup => SHOP,
            Label::Delayed => CLOCK,
            Label::DeliveryFailed | Label::Failed => WARNING,
            Label::Delivered => TICK,
            Label::Completed => TICKS,
            Label::ReturnRequested => BACK,
            Label::Returned => RETURNED,
            Label::Cancelled => CROSS,
            Label::Refunded => COIN,
        }
    }
}

/// A status as a pill: icon, word and colour.
pub fn pill(label: Label) -> Markup {
    html! {
        span class={ "pill " (render::svg::status_class(label)) } { (Icon::of(label).beside()) (label.text()) }
    }
}
