//! Telling the team, and whom the shop has named, of a report.

use super::{About, Draft, Notify, Told, Via, reference};
use crate::error::{Error, Result};
use crate::ports::{Attachment, Mail, PortError};
use crate::report::{DECISIONS, DELAYED, PRICES};
use crate::scope::TenantScope;
use crate::tenant::{DelayedSettings, TeamLine, TenantConfig};
use contracts::Envelope;
use contracts::job::v1::ReportReady;
use domain::email::Email;
use domain::notify::{Channel, MessageKind};
use domain::pii::mask_email;
use jiff::SignedDuration;
use std::future::ready as at_once;
use std::sync::Arc;

/// How long the link to a report works.
pub const LINK_VALID_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Notify {
    /// A report goes to the team's chat, as a file if we may post files there and as a link if not, and by mail to whom
    /// the shop has named. A list of nothing is worth a mail only to whoever said so.
    pub(super) async fn report_news(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        about: About<'_>,
        ready: &ReportReady,
    ) -> Result<Told> {
        let (event, notify, reports) = (about.event, &config.notify, &config.reports);
        let is_list = ready.report == DELAYED;
        let empty = ready.orders == Some(0);
        // It is for whoever watches the rules, and leads to where they are judged.
        if [DECISIONS, PRICES].contains(&ready.report.as_str()) {
            let mut told = Told::default();
            self.to_team(scope, config, about, &ready.summary, false, &mut told).await?;
            return Ok(told);
        }
        let recipients = match (is_list, empty && !reports.delayed.also_when_none) {
            (false, _) => &reports.recipients[..],
            (true, false) => &reports.delayed.recipients[..],
            (true, true) => &[],
        };
        let chats: Vec<TeamLine<'_>> = notify.team().filter(|_| !is_list).collect();
        let mut told = Told::default();
        if chats.is_empty() && recipients.is_empty() {
            return Ok(told);
        }
        // A file that is gone, or too large to be carried, is a link.
        let bytes = match self.reports.get(scope, &ready.key).await {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(PortError::Fatal(why)) => {
                tracing::warn!(trace_id = %event.correlationid, tenant = %scope.tenant(), why, "a report goes out as a link");
                Vec::new()
            }
            Err(why) => return Err(why.into()),
        };
        let file = Attachment { name: file_name(ready), content_type: content_type(ready), bytes: Arc::new(bytes) };
        let carried = (1..=Mail::FILES_BYTES_MAX).contains(&file.bytes.len());
        let link = self.reports.link(scope, &ready.key, LINK_VALID_FOR).await?;
        let mut waiting = Ok(());
        for line in chats {
            let linked = format!("{}\n<{link}|Download the report> (works for 24 hours)", ready.summary);
            let (recipient, text, via) = match &notify.slack_bot {
                Some(bot) if line.chat == Channel::Slack && !file.bytes.is_empty() => {
                    (bot.channel.clone(), ready.summary.clone(), Via::File(bot, file.clone()))
                }
                _ => (line.address.expose().to_owned(), linked, self.chat_via(scope, about, line)),
            };
            let draft = Draft { kind: MessageKind::Status, channel: line.chat, recipient, shown_as: line.chat.title().into(), text };
            waiting = waiting.and(self.deliver(scope, about, draft, at_once(Ok(via)), &mut told).await.map(drop));
        }
        let Some(from) = notify.from.clone().or_else(|| self.default_from.clone()) else {
            if !recipients.is_empty() {
                tracing::warn!(trace_id = %event.correlationid, tenant = %scope.tenant(), "no sender is set: the report is not mailed");
            }
            return waiting.map(|()| told);
        };
        let (subject, words) = report_words(config, event, ready);
        for address in recipients {
            let to = Email::parse(address).map_err(|why| Error::Fatal(why.to_string()))?;
            let files: Vec<Attachment> = if carried && !empty { vec![file.clone()] } else { Vec::new() };
            let text = match empty || carried {
                true => words.clone(),
                false => format!("{words}\n\nIt is too large for a mail: {link}\n(The link works for 24 hours.)"),
            };
            let draft = Draft {
                kind: MessageKind::Status,
                channel: Channel::Email,
                recipient: address.clone(),
                shown_as: mask_email(address),
                text: format!("{subject}\n\n{words}"),
            };
            let reference = reference(event, &self.pseudonyms.address(scope.tenant(), Channel::Email, &draft.recipient));
            let mail =
                Mail { from: from.clone(), to, subject: subject.clone(), text, date: self.clock.now(), reference, files, receipts: None };
            // One address that SES does not take keeps nobody else from the report.
            let mailed = self.deliver(scope, about, draft, at_once(Ok(Via::Mail(mail))), &mut told).await.map(drop);
            waiting = waiting.and(mailed);
        }
        waiting.map(|()| told)
    }
}

/// What people see a report's file called.
fn file_name(ready: &ReportReady) -> String {
    if ready.report == DELAYED { format!("delayed-orders-{}.pdf", ready.day) } else { format!("daily-report-{}.xlsx", ready.day) }
}

fn content_type(ready: &ReportReady) -> &'static str {
    if ready.report == DELAYED { "application/pdf" } else { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }
}

/// Subject and text of a report's mail.
fn report_words(config: &TenantConfig, event: &Envelope, ready: &ReportReady) -> (String, String) {
    if ready.report != DELAYED {
        return (format!("Daily report of {}, {}", config.shop_name, ready.day), ready.summary.replace('*', ""));
    }
    let subject = config.reports.delayed.subject.as_deref().unwrap_or(DelayedSettings::SUBJECT);
    let date = event.time.to_zoned(config.zone()).strftime("%d.%m.%Y %H:%M:%S").to_string();
    let today = config.today(event.time) == ready.day;
    let text = match (ready.orders, today) {
        (Some(0), true) => "No order is delayed today.".to_owned(),
        (Some(0), false) => format!("No order is delayed as of {}.", ready.day),
        (_, true) => "Attached is today's report of delayed orders.".to_owned(),
        (_, false) => format!("Attached is the report of delayed orders as of {}.", ready.day),
    };
    (subject.replace("{date}", &date), text)
}
