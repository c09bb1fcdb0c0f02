//! What every page has: head, skip link, bar, flash, landmarks.

use crate::assets::{ICON, SCRIPT, STYLE};
use crate::flash::Flash;
use crate::icons;
use crate::visitor::Visitor;
use domain::order::Role;
use maud::{DOCTYPE, Markup, html};

/// Which part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    /// Figures and the queue.
    Dashboard,
    /// What needs somebody.
    Tracking,
    /// Lists and single orders.
    Orders,
    /// The daily reports.
    Reports,
    /// The shop's own sheet.
    Sheet,
    /// Other shop systems.
    Shops,
    /// What is said at which status.
    Messages,
    /// What is wrong with orders.
    Exceptions,
    /// What people have to decide.
    Reviews,
    /// What there is, and what is ordered.
    Stock,
    /// What waits for somebody.
    Inbox,
    /// Who else is told.
    Webhooks,
    /// The chat.
    Ask,
    /// None of them.
    Elsewhere,
}

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// For work.
    Calm,
    /// Glass over colours, for the chat and the door.
    Glass,
}

/// A page's frame.
pub struct Page<'a> {
    /// In the browser's tab.
    pub title: &'a str,
    /// Marked in the bar.
    pub here: Here,
    /// How it looks.
    pub look: Look,
    /// Who is signed in.
    pub visitor: Option<&'a Visitor>,
    /// What became of the form before.
    pub flash: Option<Flash>,
}

impl Page<'_> {
    /// The whole document around what is special about the page.
    pub fn draw(&self, main: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    // Forms say where they come from; nobody else learns it.
                    meta name="referrer" content="same-origin";
                    meta name="robots" content="noindex";
                    title { (self.title) " · OrderFlow" }
                    link rel="icon" type="image/svg+xml" href=(ICON.href());
                    link rel="stylesheet" href=(STYLE.href());
                    script src=(SCRIPT.href()) defer {}
                }
                body class=(match self.look { Look::Calm => "calm", Look::Glass => "glass" }) {
                    a class="skip" href="#main" { "Skip to content" }
                    @if self.look == Look::Glass {
                        div class="blobs" aria-hidden="true" { i {} i {} i {} i {} }
                    }
                    @if let Some(visitor) = self.visitor { (self.bar(visitor)) }
                    main id="main" tabindex="-1" {
                        @if let Some(flash) = self.flash { (flash_box(flash)) }
                        (main)
                    }
                }
            }
        }
    }

    fn bar(&self, visitor: &Visitor) -> Markup {
        let links = [
            (Here::Dashboard, "/console", "Dashboard", icons::CHART),
            (Here::Tracking, "/order-tracking", "Tracking", icons::PIN),
            (Here::Orders, "/console/orders", "Orders", icons::LIST),
            (Here::Exceptions, "/console/exceptions", "Exceptions", icons::WARNING),
            (Here::Reviews, "/console/reviews", "Reviews", icons::GLASS),
            (Here::Stock, "/console/stock", "Stock", icons::BOX),
            (Here::Reports, "/console/reports", "Reports", icons::PAPER),
            (Here::Sheet, "/console/sheet", "Sheet", icons::GRID),
            (Here::Shops, "/console/shops", "Shops", icons::BASKET),
            (Here::Messages, "/console/messages", "Messages", icons::MAIL),
            (Here::Inbox, "/console/inbox", "Inbox", icons::TRAY),
            (Here::Webhooks, "/console/webhooks", "Webhooks", icons::PLUG),
            (Here::Ask, "/console/ask", "Ask", icons::BUBBLE),
        ];
        let has = |part: Here| match part {
            Here::Sheet => visitor.config.sheet.is_some(),
            Here::Shops => visitor.config.saleor.is_some() || visitor.config.shopify.is_some(),
            Here::Webhooks => visitor.identity.scopes.admin,
            Here::Exceptions => visitor.config.exceptions.enabled || self.here == Here::Exceptions,
            Here::Reviews => visitor.config.workflow.enabled || visitor.config.exceptions.enabled || self.here == Here::Reviews,
            _ => true,
        };
        html! {
            header class="bar" {
                a class="brand" href="/console" { (mark()) span { "OrderFlow" } }
                nav aria-label="Main" {
                    @for (part, href, name, icon) in links.into_iter().filter(|link| has(link.0)) {
                        a href=(href) aria-current=[(part == self.here).then_some("page")] { (icon.beside()) span { (name) } }
                    }
                }
                div class="who" {
                    span class="shop" title={ "Signed in with " (visitor.identity.principal) } {
                        span class="shop-name" { (visitor.config.shop_name) }
                        span class="role" { (role(visitor.identity.role)) }
                    }
                    form method="post" action="/console/logout" {
                        (token(visitor))
                        button class="quiet" type="submit" { (icons::DOOR.beside()) span { "Sign out" } }
                    }
                }
            }
        }
    }
}

/// The hidden field that proves a form is ours.
pub fn token(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name="token" value=(visitor.form_token); }
}

/// The product's mark.
pub fn mark() -> Markup {
    html! {
        svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" {
            rect width="32" height="32" rx="9" fill="#3d5bf5" {}
            path d="M8 20.5c4.5 0 4.5-9 9-9h6M19.5 7.5l4 4l-4 4" fill="none" stroke="#fff" stroke-width="2.6"
                stroke-linecap="round" stroke-linejoin="round" {}
            circle cx="8" cy="20.5" r="2.6" fill="#ffd66e" {}
            circle cx="21" cy="22.5" r="2.6" fill="#ff7c6e" {}
        }
    }
}

fn flash_box(flash: Flash) -> Markup {
    let (class, icon) = if flash.is_good() { ("flash good", icons::TICK) } else { ("flash bad", icons::WARNING) };
    html! {
        p class=(class) role=(if flash.is_good() { "status" } else { "alert" }) data-flash=(flash.code()) { (icon.beside()) span { (flash.text()) } }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Readonly => "read only",
        Role::Service => "service key",
        Role::Operator => "operator",
        Role::Manager => "manager",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}
