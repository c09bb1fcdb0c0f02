//! Colours and motion.

/// Relative luminance of "#rrggbb", by WCAG 2.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn ink_and_ground_have_contrast_by_day_and_by_night() {
    let css = include_str!("../../assets/console.css");
    let tokens = |block: &str| -> std::collections::BTreeMap<String, String> {
        let declarations = block.split(['{', ';', '}']).filter_map(|part| part.trim().strip_prefix("--")?.split_once(": "));
        declarations
            .filter(|(_, value)| value.len() == 7 && value.starts_with('#'))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let day = tokens(css.split(":root {").nth(1).unwrap().split('}').next().unwrap());
    let mut night = day.clone();
    night.extend(tokens(css.split(":root {").nth(2).unwrap().split('}').next().unwrap()));
    assert!(night["bg"] != day["bg"]);
    let pairs = [
        ("ink", "bg"),
        ("ink", "card"),
        ("ink", "raised"),
        ("muted", "bg"),
        ("muted", "card"),
        ("muted", "raised"),
        ("link", "bg"),
        ("link", "card"),
        ("link", "raised"),
        ("accent-ink", "accent"),
        ("good", "card"),
        ("good", "good-bg"),
        ("bad", "card"),
        ("bad", "raised"),
        ("bad", "bad-bg"),
        ("amber-ink", "card"),
        ("amber-ink", "raised"),
        ("blue-ink", "blue-bg"),
        ("violet-ink", "violet-bg"),
        ("teal-ink", "teal-bg"),
        ("amber-ink", "amber-bg"),
        ("yellow-ink", "yellow-bg"),
        ("red-ink", "red-bg"),
        ("green-ink", "green-bg"),
        ("plum-ink", "plum-bg"),
        ("slate-ink", "slate-bg"),
    ];
    for (name, tokens) in [("day", &day), ("night", &night)] {
        for (ink, ground) in pairs {
            let (a, b) = (luminance(&tokens[ink]), luminance(&tokens[ground]));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{name}: {ink} on {ground} has {contrast:.2}");
        }
    }
    // The palette of the statuses.
    for (token, value) in [("green", "#34c759"), ("red", "#ff6b6b"), ("yellow", "#ffd166"), ("blue", "#7aa8ff"), ("amber", "#ffb020")] {
        assert_eq!(day[token], value);
    }
    let motion = css.split("prefers-reduced-motion: reduce").nth(1).unwrap();
    assert!(motion.contains("animation: none !important; transition: none !important"));
}
