//! Stories whose end is known.

use domain::order::Label;
use sim::scenario::{SCENARIOS, Told, tell};

/// Exactly the messages that the source names, at exactly their times: seven days and more in well under a second.
// req: S1-19, S1-20
#[test]
fn instagram_happy() {
    let story = tell("instagram_happy").unwrap();
    // A seal is one word of sixteen hexadecimal digits.
    let sealed =
        |word: &str| word.rsplit_once('/').filter(|(_, seal)| seal.len() == 16).map_or(word.to_owned(), |(link, _)| format!("{link}/LINK"));
    let plain = |text: &str| text.split(' ').map(sealed).collect::<Vec<_>>().join(" ");
    let told: Vec<(i64, u8, String)> =
        story.told.iter().map(|Told { minute, percent, text, .. }| (*minute, *percent, plain(text))).collect();
    let hours = |hours: i64| hours * 60;
    assert_eq!(
        told,
        [
            (0, 25, "Order received! We'll start soon! \u{1f4e6}".to_owned()),
            (hours(24) + 30, 50, "We're preparing your order! \u{1f381}".to_owned()),
            (hours(73), 75, "Your order shipped! Track: https://api.example/track/demo/IG-1/LINK \u{1f69a}".to_owned()),
            (hours(120), 100, "Order delivered! Thank you! \u{2728}".to_owned()),
            (hours(192) + 30, 100, "How was your order? We'd love to hear! \u{1f4ac} https://api.example/survey/demo/IG-1/LINK".to_owned()),
        ]
    );
    // A digit in answer to the question is a vote.
    assert_eq!((story.order.rating, story.order.replied, story.order.label()), (Some(5), true, Label::Completed));
    assert!(tell("no_such_story").is_none() && SCENARIOS.iter().all(|(name, _)| tell(name).is_some()));
}
