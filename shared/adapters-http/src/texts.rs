//! Short messages to customers: Twilio, WhatsApp's Cloud API, Instagram and Messenger, Telegram, Firebase.
//!
//! * <https://www.twilio.com/docs/messaging/api/message-resource>
//! * <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>
//! * <https://developers.facebook.com/docs/messenger-platform/reference/send-api> and
//!   <https://developers.facebook.com/docs/messenger-platform/instagram/features/send-message>
//! * <https://core.telegram.org/bots/api#sendmessage>
//! * <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send>

use crate::client::{Client, send_error, text};
use crate::google::{Google, NoToken, ServiceAccount, TOKEN_URL};
use app::ports::{Clock, SendError, Taken, Text, Texter};
use app::tenant::{Account, MetaPage, Secret, TelegramBot, TwilioAccount, WhatsappNumber};
use async_trait::async_trait;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Where the platforms are, or a double of each.
#[derive(Debug, Clone)]
pub struct Platforms {
    /// Twilio.
    pub twilio: String,
    /// Meta's Graph API.
    pub graph: String,
    /// Telegram's Bot API.
    pub telegram: String,
    /// Firebase Cloud Messaging.
    pub fcm: String,
    /// Where Google's access tokens are issued.
    pub google_token: String,
}

impl Default for Platforms {
    fn default() -> Self {
        Platforms {
            twilio: "https://api.twilio.com".to_owned(),
            graph: "https://graph.facebook.com".to_owned(),
            telegram: "https://api.telegram.org".to_owned(),
            fcm: "https://fcm.googleapis.com".to_owned(),
            google_token: TOKEN_URL.to_owned(),
        }
    }
}

impl Platforms {
    /// All of them at one double's.
    pub fn of_double(base: &str) -> Platforms {
        let at = |path: &str| format!("{base}/{path}");
        Platforms { twilio: at("twilio"), graph: at("graph"), telegram: at("telegram"), fcm: at("fcm"), google_token: at("google/token") }
    }
}

/// The version of the Graph API that we speak.
const GRAPH_VERSION: &str = "v21.0";
const FCM_SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// Errors by which platforms say that somebody wants nothing more from the sender: a number that has sent STOP, a customer who
/// has stopped messages, a bot that was blocked, an app that was removed.
const UNWANTED: [(&str, &str); 4] = [("Twilio", "21610"), ("WhatsApp", "131050"), ("Telegram", "403"), ("Firebase", "UNREGISTERED")];

/// Sends by each platform's own API.
pub struct Texts {
    client: Client,
    at: Platforms,
    google: Google,
}

impl Texts {
    /// At these addresses.
    pub fn new(at: Platforms, clock: Arc<dyn Clock>) -> Texts {
        let google = Google::new(&at.google_token, FCM_SCOPE, clock);
        Texts { client: Client::new(Duration::from_secs(8)), at, google }
    }

    async fn client(&self) -> Result<&reqwest::Client, SendError> {
        self.client.get().await.map_err(|error| send_error(&error))
    }

    async fn sms(&self, account: &TwilioAccount, text: Text<'_>) -> Result<Taken, SendError> {
        let url = format!("{}/2010-04-01/Accounts/{}/Messages.json", self.at.twilio, account.account_sid);
        let mut form = vec![("To", text.to), ("From", account.from.as_str()), ("Body", text.text)];
        form.extend(text.receipts.map(|url| ("StatusCallback", url)));
        let request = self.client().await?.post(url).basic_auth(&account.account_sid, Some(account.auth_token.expose())).form(&form);
        let (status, said) = exchange(request).await?;
        judged("Twilio", status, code(&said["code"]), said["sid"].as_str())
    }

    async fn whatsapp(&self, number: &WhatsappNumber, text: Text<'_>) -> Result<Taken, SendError> {
        let url = format!("{}/{GRAPH_VERSION}/{}/messages", self.at.graph, number.phone_number_id);
        let mut body = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": text.to.trim_start_matches('+'),
            "biz_opaque_callback_data": text.reference,
        });
        match &number.template {
            Some(name) => {
                body["type"] = "template".into();
                body["template"] = json!({
                    "name": name,
                    "language": { "code": approved(&number.template_languages, text.language) },
                    "components": [{ "type": "body", "parameters": [{ "type": "text", "text": text.text }] }],
                });
            }
            None => {
                body["type"] = "text".into();
                body["text"] = json!({ "preview_url": true, "body": text.text });
            }
        }
        let (status, said) = exchange(self.client().await?.post(url).bearer_auth(number.token.expose()).json(&body)).await?;
        let id = judged("WhatsApp", status, code(&said["error"]["code"]), said["messages"][0]["id"].as_str())?;
        let known_as = said["contacts"][0]["wa_id"].as_str().filter(|id| id.len() <= 20).map(str::to_owned);
        Ok(Taken { known_as, ..id })
    }

    async fn meta(&self, platform: &str, page: &MetaPage, text: Text<'_>) -> Result<Taken, SendError> {
        let url = format!("{}/{GRAPH_VERSION}/{}/messages", self.at.graph, page.page_id);
        let mut body = json!({ "recipient": { "id": text.to }, "message": { "text": text.text } });
        if platform == "Messenger" {
            body["messaging_type"] = "UPDATE".into();
        }
        let (status, said) = exchange(self.client().await?.post(url).bearer_auth(page.token.expose()).json(&body)).await?;
        judged(platform, status, code(&said["error"]["code"]), said["message_id"].as_str())
    }

    async fn telegram(&self, bot: &TelegramBot, text: Text<'_>) -> Result<Taken, SendError> {
        let url = format!("{}/bot{}/sendMessage", self.at.telegram, bot.token.expose());
        let (status, said) = exchange(self.client().await?.post(url).json(&json!({ "chat_id": text.to, "text": text.text }))).await?;
        let id = code(&said["result"]["message_id"]);
        judged("Telegram", status, code(&said["error_code"]), id.as_deref())
    }

    async fn push(&self, key: &Secret, text: Text<'_>) -> Result<Taken, SendError> {
        let refused = |why: &str| SendError::Refused(why.to_owned());
        let account: ServiceAccount = serde_json::from_str(key.expose())
            .map_err(|_| refused("the service account's key is not a JSON key file; paste it whole as notify.lines.push"))?;
        let project =
            account.project_id.as_deref().filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        let project =
            project.ok_or_else(|| refused("the service account's key names no project; paste the whole file as notify.lines.push"))?;
        let token = self.google.token(&self.client, &account).await.map_err(|why| match why {
            NoToken::Later(why) => SendError::NotSent(why),
            NoToken::Never(why) => SendError::Refused(why),
        })?;
        let url = format!("{}/v1/projects/{project}/messages:send", self.at.fcm);
        let body = json!({ "message": { "token": text.to, "notification": { "title": text.title, "body": text.text } } });
        let (status, said) = exchange(self.client().await?.post(url).bearer_auth(token).json(&body)).await?;
        if status == 401 {
            self.google.forget();
            return Err(SendError::NotSent("Firebase no longer accepts our access token".into()));
        }
        let details = said["error"]["details"].as_array().into_iter().flatten();
        let why = details.filter_map(|detail| detail["errorCode"].as_str()).chain(said["error"]["status"].as_str()).next();
        judged("Firebase", status, why.map(word), said["name"].as_str())
    }
}

async fn exchange(request: RequestBuilder) -> Result<(u16, Value), SendError> {
    let response = request.send().await.map_err(|error| send_error(&error))?;
    let status = response.status().as_u16();
    let said = text(response).await.unwrap_or_default();
    Ok((status, serde_json::from_str(&said).unwrap_or_default()))
}

/// The language of a template that comes nearest to a customer's.
fn approved<'a>(languages: &'a [String], spoken: &'a str) -> &'a str {
    let speaks = |tag: &&String| tag.split('_').next() == Some(spoken);
    languages.iter().find(speaks).or(languages.first()).map_or(spoken, String::as_str)
}

fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect()
}

fn code(number: &Value) -> Option<String> {
    number.as_i64().map(|number| number.to_string())
}

/// What an answer means. One that says yes without naming the message may be anybody's: nobody knows whether it went out. Nor
/// does anybody if something between the platform and us has failed: the platform itself gives its errors a number. Who does not
/// know our credentials says nothing about the customer.
fn judged(platform: &str, status: u16, code: Option<String>, id: Option<&str>) -> Result<Taken, SendError> {
    let unwanted = code.as_deref().is_some_and(|code| UNWANTED.contains(&(platform, code)));
    let is_its_own = code.is_some();
    let code = code.map(|code| format!(", error {code}")).unwrap_or_default();
    match (status, id) {
        (200..=299, Some(id)) if !id.is_empty() => Ok(Taken { id: id.chars().take(200).collect(), known_as: None }),
        (200..=299, _) => Err(SendError::Unknown(format!("{platform} answered {status} without an id"))),
        (401, _) => Err(SendError::NotSent(format!("{platform} does not accept the shop's credentials: it answered 401{code}"))),
        (429 | 503, _) => Err(SendError::NotSent(format!("{platform} answered {status}{code}"))),
        (500..=599, _) if is_its_own => Err(SendError::NotSent(format!("{platform} answered {status}{code}"))),
        (500..=599, _) => Err(SendError::Unknown(format!("{platform} answered {status}"))),
        _ if unwanted => Err(SendError::Unwanted(format!("{platform} answered {status}{code}"))),
        _ => Err(SendError::Refused(format!("{platform} answered {status}{code}"))),
    }
}

#[async_trait]
impl Texter for Texts {
    async fn text(&self, account: Account<'_>, text: Text<'_>) -> Result<Taken, SendError> {
        match account {
            Account::Sms(account) => self.sms(account, text).await,
            Account::Whatsapp(number) => self.whatsapp(number, text).await,
            Account::Telegram(bot) => self.telegram(bot, text).await,
            Account::Instagram(page) => self.meta("Instagram", page, text).await,
            Account::Facebook(page) => self.meta("Messenger", page, text).await,
            Account::Push(key) => self.push(key, text).await,
        }
    }
}

#[cfg(test)]
mod tests;
