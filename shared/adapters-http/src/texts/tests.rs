use super::*;
use crate::double::{Answer, double};
use crate::sheets::tests::{KEY, Stopped};
use tokio::net::TcpListener;

const SID: &str = "ACDEMODEMODEMODEMODEMODEMODEMODEMO";

fn twilio() -> TwilioAccount {
    TwilioAccount {
        account_sid: SID.into(),
        auth_token: Secret::new("twilio-token"),
        from: "+15005550006".into(),
        ..TwilioAccount::default()
    }
}

fn whatsapp(template: Option<&str>) -> WhatsappNumber {
    let token = Secret::new("EAAG-token");
    WhatsappNumber { phone_number_id: "106540352242922".into(), token, template: template.map(str::to_owned), ..WhatsappNumber::default() }
}

fn page() -> MetaPage {
    MetaPage { page_id: "10650011223344".into(), token: Secret::new("EAAP-token"), ..MetaPage::default() }
}

fn text(to: &str) -> Text<'_> {
    let receipts = Some("https://api.example/v1/channels/demo/sms?about=1001/e/r");
    Text { to, title: "Demo Shop", text: "Hi Sarah! 50% & more", language: "pl", reference: "1001/e/r", receipts }
}

async fn sent_all(account: Account<'_>, to: &str, answers: Vec<Answer>) -> (Result<String, SendError>, String) {
    let (base, seen) = double(answers).await;
    let at = Platforms { twilio: base.clone(), graph: base.clone(), telegram: base.clone(), fcm: base.clone(), google_token: base };
    let texts = Texts::new(at, Arc::new(Stopped));
    (texts.text(account, text(to)).await.map(|taken| taken.id), seen.last())
}

async fn sent(account: Account<'_>, to: &str, status: &'static str, body: &'static str) -> (Result<String, SendError>, String) {
    sent_all(account, to, vec![Answer::says(status, body)]).await
}

fn refused(why: &str) -> Result<String, SendError> {
    Err(SendError::Refused(why.into()))
}

fn unwanted(why: &str) -> Result<String, SendError> {
    Err(SendError::Unwanted(why.into()))
}

// req: S1-33
#[tokio::test]
async fn a_text_message_goes_out_as_twilio_wants_it() {
    let twilio = twilio();
    let line = Account::Sms(&twilio);
    let said = r#"{"sid":"SM1234","status":"queued","error_code":null}"#;
    let (result, request) = sent(line, "+48600100200", "201 Created", said).await;
    assert_eq!(result, Ok("SM1234".into()));
    assert!(request.starts_with(&format!("POST /2010-04-01/Accounts/{SID}/Messages.json HTTP/1.1")), "{request}");
    let basic = "QUNERU1PREVNT0RFTU9ERU1PREVNT0RFTU9ERU1PREVNTzp0d2lsaW8tdG9rZW4=";
    assert!(request.contains(&format!("authorization: Basic {basic}")), "{request}");
    let form = "To=%2B48600100200&From=%2B15005550006&Body=Hi+Sarah%21+50%25+%26+more";
    let callback = "StatusCallback=https%3A%2F%2Fapi.example%2Fv1%2Fchannels%2Fdemo%2Fsms%3Fabout%3D1001%2Fe%2Fr";
    assert!(request.ends_with(&format!("{form}&{callback}")), "{request}");
    let stopped = r#"{"code":21610,"message":"Attempt to send to unsubscribed recipient"}"#;
    assert_eq!(sent(line, "+48600100200", "400 Bad Request", stopped).await.0, unwanted("Twilio answered 400, error 21610"));
    let invalid = r#"{"code":21211,"message":"Invalid 'To' Phone Number: +1"}"#;
    assert_eq!(sent(line, "+1", "400 Bad Request", invalid).await.0, refused("Twilio answered 400, error 21211"));
}

// req: S1-19
#[tokio::test]
async fn whatsapp_in_the_window_and_by_template() {
    let (free, by_template) = (whatsapp(None), whatsapp(Some("order_update")));
    let said = r#"{"messaging_product":"whatsapp","contacts":[],"messages":[{"id":"wamid.HBg"}]}"#;
    let (result, request) = sent(Account::Whatsapp(&free), "+48600100200", "200 OK", said).await;
    assert_eq!(result, Ok("wamid.HBg".into()));
    assert!(
        request.starts_with("POST /v21.0/106540352242922/messages ") && request.contains("authorization: Bearer EAAG-token"),
        "{request}"
    );
    assert!(request.contains(r#""to":"48600100200""#) && request.contains(r#""biz_opaque_callback_data":"1001/e/r""#), "{request}");
    assert!(request.contains(r#""type":"text""#) && request.contains(r#""body":"Hi Sarah! 50% & more""#), "{request}");
    let (_, request) = sent(Account::Whatsapp(&by_template), "+48600100200", "200 OK", said).await;
    assert!(request.contains(r#""name":"order_update""#) && request.contains(r#""language":{"code":"pl"}"#), "{request}");
    assert!(request.contains(r#""parameters":[{"text":"Hi Sarah! 50% & more","type":"text"}]"#), "{request}");
    for (languages, code) in [(&["en_US", "pl"][..], "pl"), (&["en_US", "de"], "en_US"), (&["pl_PL"], "pl_PL")] {
        let approved = WhatsappNumber { template_languages: languages.iter().map(ToString::to_string).collect(), ..by_template.clone() };
        let (_, request) = sent(Account::Whatsapp(&approved), "+48600100200", "200 OK", said).await;
        assert!(request.contains(&format!(r#""language":{{"code":"{code}"}}"#)), "{languages:?} {request}");
    }
    let other = r#"{"contacts":[{"input":"+525512345678","wa_id":"5215512345678"}],"messages":[{"id":"wamid.X"}]}"#;
    let (base, _) = double([Answer::says("200 OK", other)]).await;
    let texts = Texts::new(Platforms { graph: base, ..Platforms::default() }, Arc::new(Stopped));
    let taken = texts.text(Account::Whatsapp(&free), text("+525512345678")).await;
    assert_eq!(taken, Ok(Taken { id: "wamid.X".into(), known_as: Some("5215512345678".into()) }), "whom answers come from");
    let window = r#"{"error":{"code":131047,"message":"Re-engagement message"}}"#;
    assert_eq!(sent(Account::Whatsapp(&free), "1", "400 Bad Request", window).await.0, refused("WhatsApp answered 400, error 131047"));
}

// req: S1-19
#[tokio::test]
async fn chats_have_their_own_ways() {
    let (page, bot) = (page(), TelegramBot { token: Secret::new("123456789:AAbbCC"), ..TelegramBot::default() });
    let said = r#"{"recipient_id":"254","message_id":"m_AG5"}"#;
    let (result, request) = sent(Account::Instagram(&page), "254", "200 OK", said).await;
    assert_eq!(result, Ok("m_AG5".into()));
    assert!(request.starts_with("POST /v21.0/10650011223344/messages ") && request.contains(r#""recipient":{"id":"254"}"#), "{request}");
    assert!(!request.contains("messaging_type"), "{request}");
    let (_, request) = sent(Account::Facebook(&page), "254", "200 OK", said).await;
    assert!(request.contains(r#""messaging_type":"UPDATE""#), "{request}");
    let closed = r#"{"error":{"code":10,"error_subcode":2018278,"message":"outside of allowed window"}}"#;
    assert_eq!(sent(Account::Facebook(&page), "254", "400 Bad Request", closed).await.0, refused("Messenger answered 400, error 10"));
    let (result, request) = sent(Account::Telegram(&bot), "42", "200 OK", r#"{"ok":true,"result":{"message_id":7}}"#).await;
    assert_eq!(result, Ok("7".into()));
    assert!(request.starts_with("POST /bot123456789:AAbbCC/sendMessage ") && request.contains(r#""chat_id":"42""#), "{request}");
    let blocked = r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#;
    assert_eq!(sent(Account::Telegram(&bot), "42", "403 Forbidden", blocked).await.0, unwanted("Telegram answered 403, error 403"));
}

// req: S1-34, S2-72
#[tokio::test]
async fn a_push_is_signed_in_for() {
    let key = |project: Option<&str>| {
        let key = json!({ "client_email": "push@shop.iam.gserviceaccount.com", "private_key": KEY.0, "project_id": project });
        Secret::new(key.to_string())
    };
    let token = || Answer::says("200 OK", r#"{"access_token":"ya29.push","expires_in":3599}"#);
    let (good, nameless) = (key(Some("demo-shop")), key(None));
    let answer = Answer::says("200 OK", r#"{"name":"projects/demo-shop/messages/0:1500"}"#);
    let (result, request) = sent_all(Account::Push(&good), "device-1", vec![token(), answer]).await;
    assert_eq!(result, Ok("projects/demo-shop/messages/0:1500".into()));
    assert!(
        request.starts_with("POST /v1/projects/demo-shop/messages:send ") && request.contains("authorization: Bearer ya29.push"),
        "{request}"
    );
    assert!(request.contains(r#""token":"device-1""#) && request.contains(r#""title":"Demo Shop""#), "{request}");
    let gone = Answer::says("404 Not Found", r#"{"error":{"status":"NOT_FOUND","details":[{"errorCode":"UNREGISTERED"}]}}"#);
    let (result, _) = sent_all(Account::Push(&good), "device-1", vec![token(), gone]).await;
    assert_eq!(result, unwanted("Firebase answered 404, error UNREGISTERED"));
    let (result, _) =
        sent_all(Account::Push(&good), "device-1", vec![Answer::says("400 Bad Request", r#"{"error":"invalid_grant"}"#)]).await;
    assert!(matches!(result, Err(SendError::Refused(ref why)) if why.contains("invalid_grant")), "{result:?}");
    for (account, said) in [(&nameless, "names no project"), (&Secret::new("not a key file"), "JSON key file")] {
        let (result, _) = sent_all(Account::Push(account), "device-1", vec![token()]).await;
        assert!(matches!(result, Err(SendError::Refused(ref why)) if why.contains(said)), "{result:?}");
    }
}

/// What may have gone out is told apart from what cannot have.
#[tokio::test]
async fn whether_it_went_out() {
    let twilio = twilio();
    let (not_sent, unknown) = (|why: &str| Err(SendError::NotSent(why.into())), |why: &str| Err(SendError::Unknown(why.into())));
    let table = [
        (Answer::says("503 Busy", ""), not_sent("Twilio answered 503")),
        (Answer::says("429 Slow", r#"{"code":20429}"#), not_sent("Twilio answered 429, error 20429")),
        (Answer::says("201 Created", "<html>"), unknown("Twilio answered 201 without an id")),
        (Answer::says("201 Created", r#"{"sid":""}"#), unknown("Twilio answered 201 without an id")),
        (Answer::says("302 Found", ""), refused("Twilio answered 302")),
        // Twilio's own error, and something between Twilio and us: it may have gone out by then.
        (Answer::says("500 Oops", r#"{"code":20500}"#), not_sent("Twilio answered 500, error 20500")),
        (Answer::says("502 Bad Gateway", "<html>"), unknown("Twilio answered 502")),
        (Answer::says("504 Timeout", ""), unknown("Twilio answered 504")),
        // Not the customer's fault: it goes out when the token is mended.
        (
            Answer::says("401 Unauthorized", r#"{"code":20003}"#),
            not_sent("Twilio does not accept the shop's credentials: it answered 401, error 20003"),
        ),
        (Answer::Endless, unknown("Twilio answered 200 without an id")),
    ];
    for (answer, expected) in table {
        let shown = format!("{answer:?}");
        assert_eq!(sent_all(Account::Sms(&twilio), "+48600100200", vec![answer]).await.0, expected, "{shown}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let texts = Texts::new(Platforms { twilio: base, ..Platforms::default() }, Arc::new(Stopped));
    let result = texts.text(Account::Sms(&twilio), text("+48600100200")).await;
    assert!(matches!(result, Err(SendError::NotSent(_))), "{result:?}");
}
