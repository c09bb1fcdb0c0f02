//! What was sent about an order, and the button that tells the customer again.

use super::order_href;
use crate::format::{ago, moment};
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use app::notify::{Saying, customer_message};
use app::ports::{Dossier, Message, MessageState};
use domain::notify::Channel;
use domain::order::{Order, Wake};
use maud::{Markup, html};

/// The messages of an order, newest first.
pub fn section(dossier: &Dossier, visitor: &Visitor) -> Markup {
    html! {
        section class="card" aria-labelledby="messages-title" {
            div class="card-head" { h2 id="messages-title" { "Messages" } span class="count" { (dossier.messages.len()) } }
            @if dossier.messages.is_empty() { p class="muted" { "Nothing was sent about this order yet." } }
            (planned(&dossier.order, visitor))
            ul class="messages" { @for message in dossier.messages.iter().rev() { (message_row(message, visitor)) } }
            @if visitor.may_write() { (tell(&dossier.order, visitor)) }
        }
    }
}

/// What is to be sent later.
fn planned(order: &Order, visitor: &Visitor) -> Markup {
    html! {
        @if !order.timers.is_empty() {
            ul class="messages" aria-label="To be sent later" {
                @for timer in &order.timers {
                    li class="message" {
                        p class="message-head" {
                            (icons::CLOCK.beside()) strong { "Later" } " " (moment(timer.at, &visitor.zone()))
                            @if visitor.may_write() {
                                form method="post" action={ (order_href(&order.id)) "/cancel-later" } {
                                    (token(visitor))
                                    input type="hidden" name="timer" value=(timer.id);
                                    button class="button small" type="submit" { "Cancel" span class="visually-hidden" { " what is to be sent " (moment(timer.at, &visitor.zone())) } }
                                }
                            }
                        }
                        p class="message-text" {
                            @match &timer.wake {
                                Wake::Tell { .. } => "Where the order stands then: it was night.",
                                Wake::FollowUp { text: None } => "How was your order?",
                                Wake::FollowUp { text: Some(text) } => (text),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the customer would read now, and the button that sends it.
fn tell(order: &Order, visitor: &Visitor) -> Markup {
    html! {
        div class="tell" {
            h3 { (icons::MAIL.beside()) "Tell the customer" }
            @match customer_message(order, &visitor.config, Saying::default(), visitor.now) {
                Some((way, content)) => {
                    details class="preview" {
                        summary { "What they will read" @if way.channel != Channel::Email { ", by " (way.channel.title()) } }
                        @if let Some(subject) = content.subject() { p class="preview-subject" { (subject) } }
                        p class="message-text" { (content.text()) }
                    }
                    form method="post" action={ (order_href(&order.id)) "/notify" } {
                        (token(visitor))
                        input type="hidden" name="version" value=(order.revision());
                        button class="button wide" type="submit" { "Send where it stands now" }
                    }
                },
                None if visitor.config.notify.open().is_empty() => p class="muted" { "Messages to customers are switched off in the settings." },
                None => p class="muted" { "There is no address on file for any way that the shop has open." },
            }
        }
    }
}

fn message_row(message: &Message, visitor: &Visitor) -> Markup {
    let channel = Channel::ALL
        .into_iter()
        .find(|channel| channel.name() == message.id.channel)
        .map_or(message.id.channel.as_str(), |channel| channel.title());
    let detail = message.state.reason();
    let (class, state) = match &message.state {
        MessageState::Sending { .. } => ("state", "Sending"),
        MessageState::Sent { .. } => ("state good", "Sent"),
        MessageState::Delivered { .. } => ("state good", "Delivered"),
        MessageState::Opened { .. } => ("state good", "Read"),
        MessageState::Bounced { .. } => ("state bad", "Came back"),
        MessageState::Failed { .. } => ("state bad", "Failed, will be tried again"),
        MessageState::Refused { .. } => ("state bad", "Refused"),
        MessageState::Suppressed { .. } => ("state", "Not sent"),
        MessageState::Unknown => ("state bad", "Unknown: please check"),
    };
    html! {
        li class="message" {
            p class="message-head" {
                (if message.id.channel == "email" { icons::MAIL.beside() } else { icons::BUBBLE.beside() })
                strong { (channel) } " to " (message.to)
                span class=(class) { (state) @if message.attempts > 1 { " · " (message.attempts) " attempts" } }
            }
            p class="message-text" { (message.text) }
            @if let Some(detail) = detail { p class="because" { (detail) } }
            p class="muted" { (ago(message.at, visitor.now, &visitor.zone())) }
        }
    }
}
