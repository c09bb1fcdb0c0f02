//! Which parts of a text are something else than an order number: addresses, links, days, times, money,
//! telephone numbers, postcodes, quantities.

use super::address::{self, Found};
use super::cue::{self, Cue, Word};
use super::text::fold;

/// What a character belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Nothing in particular: an order number may stand here.
    Free,
    /// Part of an order number already recognised by its shape.
    Order,
    /// An e-mail address.
    Email,
    /// A link.
    Url,
    /// A day, month or year.
    Date,
    /// A time of day.
    Time,
    /// An amount of money.
    Price,
    /// A telephone number.
    Phone,
    /// A postcode, house number, quantity, card or account number.
    Other,
}

/// A run of ASCII digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub start: usize,
    pub end: usize,
}

impl Run {
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }
}

/// A normalised text with every character labelled.
pub(super) struct Map {
    pub chars: Vec<char>,
    pub spans: Vec<Span>,
    pub words: Vec<Word>,
    pub addresses: Vec<Found>,
}

impl Map {
    /// Labels addresses and links; [`Map::label_numbers`] does the rest once order numbers are known.
    pub(super) fn new(normalised: &str) -> Map {
        let chars: Vec<char> = normalised.chars().collect();
        let addresses = address::find(&chars);
        let words = cue::split(&chars);
        let mut map = Map { spans: vec![Span::Free; chars.len()], chars, words, addresses: Vec::new() };
        for part in &addresses {
            map.label(part.start, part.end, Span::Email);
        }
        map.addresses = addresses;
        map.label_urls();
        map
    }

    /// Labels `start..end`, leaving what has a label already.
    pub(super) fn label(&mut self, start: usize, end: usize, span: Span) {
        let end = end.min(self.spans.len());
        for slot in &mut self.spans[start.min(end)..end] {
            if *slot == Span::Free {
                *slot = span;
            }
        }
    }

    /// Whether nothing has claimed any of `start..end`.
    pub(super) fn free(&self, start: usize, end: usize) -> bool {
        self.spans[start..end].iter().all(|span| *span == Span::Free)
    }

    /// The digit runs that are still free.
    pub(super) fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < self.chars.len() {
            let start = at;
            while at < self.chars.len() && self.chars[at].is_ascii_digit() && self.spans[at] == Span::Free {
                at += 1;
            }
            if at > start {
                runs.push(Run { start, end: at });
            } else {
                at += 1;
            }
        }
        runs
    }

    /// The cue in front of a run.
    pub(super) fn cue(&self, run: Run) -> Cue {
        cue::before(&self.words, run.start, run.len())
    }

    pub(super) fn text(&self, start: usize, end: usize) -> String {
        self.chars[start..end].iter().collect()
    }

    pub(super) fn number(&self, run: Run) -> u32 {
        if run.len() > 9 { u32::MAX } else { self.text(run.start, run.end).parse().unwrap_or(u32::MAX) }
    }

    fn gap(&self, left: Run, right: Run) -> String {
        // Anything longer than this joins no numbers, and is not worth copying.
        if right.start - left.end > 3 { "....".to_owned() } else { self.text(left.end, right.start) }
    }

    /// The word that ends right before `at`, or starts right after it, at most one space away.
    fn word_before(&self, at: usize) -> Option<&Word> {
        let word = self.words[..self.words.partition_point(|word| word.end <= at)].last()?;
        (at - word.end <= 2).then_some(word)
    }

    fn word_after(&self, at: usize) -> Option<&Word> {
        let word = self.words.get(self.words.partition_point(|word| word.start < at))?;
        (word.start - at <= 1).then_some(word)
    }

    /// What stands right behind a number: the letters glued to it ("5kg"), else the next word.
    fn unit_after(&self, at: usize) -> Option<String> {
        let glued: String = self.chars[at..].iter().take(12).take_while(|c| c.is_alphabetic()).map(|c| fold(*c).unwrap_or(*c)).collect();
        if glued.is_empty() { self.word_after(at).map(|word| word.text.clone()) } else { Some(glued) }
    }

    fn label_urls(&mut self) {
        let mut at = 0;
        while at < self.chars.len() {
            let start = at;
            let in_token = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | '(' | ')');
            while at < self.chars.len() && in_token(self.chars[at]) {
                at += 1;
            }
            if at > start {
                let token = self.text(start, at).to_lowercase();
                if let Some(offset) = url_offset(&token) {
                    self.label(start + offset, at, Span::Url);
                }
            } else {
                at += 1;
            }
        }
    }

    /// Labels every other kind of number.
    pub(super) fn label_numbers(&mut self) {
        self.label_dates();
        self.label_times();
        self.label_prices();
        self.label_phones();
        self.label_others();
    }

    fn label_dates(&mut self) {
        let runs = self.runs();
        for triple in runs.windows(3) {
            let (a, b, c) = (triple[0], triple[1], triple[2]);
            let gap = self.gap(a, b);
            let separated = gap == self.gap(b, c) && matches!(gap.as_str(), "-" | "/" | "." | ". " | " - " | " / ");
            let year_first = a.len() == 4 && b.len() <= 2 && c.len() <= 2 && self.number(b) <= 31 && self.number(c) <= 31;
            let year_last = a.len() <= 2 && b.len() <= 2 && matches!(c.len(), 2 | 4) && self.number(a) <= 31 && self.number(b) <= 31;
            if separated && (year_first || year_last) {
                self.label(a.start, c.end, Span::Date);
            }
        }
        for pair in runs.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if !matches!(self.gap(a, b).as_str(), "-" | "/" | ".") {
                continue;
            }
            if (self.year(a) && b.len() <= 2 && self.number(b) <= 12) || (self.year(b) && a.len() <= 2 && self.number(a) <= 12) {
                self.label(a.start, b.end, Span::Date);
            } else if self.year(b) && self.text(a.end, b.start) == "/" {
                // "1001/2025": the number and its year.
                self.label(b.start, b.end, Span::Date);
            }
        }
        for run in runs {
            let cued = self.cue(run) >= Cue::Weak;
            if (self.year(run) && self.beside_a_month(run)) || (!cued && (self.compact_day(run) || self.lone_year(run))) {
                self.label(run.start, run.end, Span::Date);
            }
        }
    }

    fn year(&self, run: Run) -> bool {
        run.len() == 4 && (1990..=2099).contains(&self.number(run))
    }

    fn compact_day(&self, run: Run) -> bool {
        let part = |from: usize, to: usize| Run { start: run.start + from, end: run.start + to };
        run.len() == 8
            && self.year(part(0, 4))
            && (1..=12).contains(&self.number(part(4, 6)))
            && (1..=31).contains(&self.number(part(6, 8)))
    }

    fn beside_a_month(&self, run: Run) -> bool {
        let behind = self.words[..self.words.partition_point(|word| word.end <= run.start)].iter().rev();
        let behind = behind.filter(|word| word.text != ",").take(2).any(|word| is_month(&word.text));
        behind || self.word_after(run.end).is_some_and(|word| is_month(&word.text))
    }

    fn lone_year(&self, run: Run) -> bool {
        const BEFORE: &[&str] = &["in", "since", "during", "year", "until", "by", "of", "w", "rok", "roku", "od"];
        const AFTER: &[&str] = &["r", "rok", "roku"];
        self.year(run)
            && (self.word_before(run.start).is_some_and(|word| BEFORE.contains(&word.text.as_str()))
                || self.word_after(run.end).is_some_and(|word| AFTER.contains(&word.text.as_str())))
    }

    fn label_times(&mut self) {
        let runs = self.runs();
        for pair in runs.windows(2) {
            let (hour, minute) = (pair[0], pair[1]);
            if self.gap(hour, minute) == ":" && hour.len() <= 2 && minute.len() == 2 && self.number(hour) < 25 {
                let tail = self.chars[minute.end..].iter().take_while(|c| c.is_ascii_digit() || matches!(c, ':' | '.')).count();
                self.label(hour.start, minute.end + tail, Span::Time);
            }
        }
        for run in self.runs() {
            let clock = matches!(self.unit_after(run.end).as_deref(), Some("am" | "pm" | "hrs" | "uhr" | "oclock"));
            if clock && matches!(run.len(), 3 | 4) {
                self.label(run.start, run.end, Span::Time);
            }
        }
    }

    fn label_prices(&mut self) {
        let runs = self.runs();
        let mut at = 0;
        while at < runs.len() {
            // "1 299,00 zł" first, then "1,299" and "129.99".
            let loose = self.amount_end(&runs, at, true);
            let strict = self.amount_end(&runs, at, false);
            let (start, cued) = (runs[at].start, self.cue(runs[at]) >= Cue::Weak);
            if self.money_around(start, runs[loose].end) {
                self.label(start, runs[loose].end, Span::Price);
                at = loose;
            } else if strict > at && (!cued || self.decimal(runs[strict - 1], runs[strict]) || self.money_around(start, runs[strict].end)) {
                self.label(start, runs[strict].end, Span::Price);
                at = strict;
            }
            at += 1;
        }
    }

    /// The last run of the amount that starts at `first`: groups of three, then at most two decimals.
    fn amount_end(&self, runs: &[Run], first: usize, spaces: bool) -> usize {
        let mut last = first;
        while let Some(next) = runs.get(last + 1) {
            let gap = self.gap(runs[last], *next);
            let leads = if last == first { runs[last].len() <= 3 } else { runs[last].len() == 3 };
            let group = next.len() == 3 && leads && (matches!(gap.as_str(), "," | "." | "'") || (spaces && gap == " "));
            if group {
                last += 1;
            } else {
                let goes_on = |end: usize| {
                    self.chars.get(end).is_some_and(|c| matches!(c, '.' | '-' | '/'))
                        && self.chars.get(end + 1).is_some_and(char::is_ascii_digit)
                };
                return match self.decimal(runs[last], *next) {
                    true if !goes_on(next.end) => last + 1,
                    // "555.123.4567" and "12.5.7" are no amounts.
                    _ if goes_on(runs[last].end) => first,
                    _ => last,
                };
            }
        }
        last
    }

    fn decimal(&self, whole: Run, decimals: Run) -> bool {
        decimals.len() <= 2 && matches!(self.gap(whole, decimals).as_str(), "." | ",")
    }

    fn money_around(&self, start: usize, end: usize) -> bool {
        const SIGNS: &[char] = &['$', '€', '£', '¥', '₴', '₹'];
        const WORDS: &[&str] = &[
            "pln", "eur", "usd", "gbp", "chf", "czk", "sek", "nok", "dkk", "jpy", "zl", "zloty", "zlotych", "zlote", "dollar", "dollars",
            "bucks", "euro", "euros", "pound", "pounds", "gr", "groszy", "cents", "kr", "percent", "procent",
        ];
        let before = self.chars[..start].iter().rev().find(|c| **c != ' ');
        let after = self.chars[end..].iter().position(|c| *c != ' ').filter(|spaces| *spaces <= 1).map(|spaces| end + spaces);
        let signed_after = after.is_some_and(|at| {
            let belongs_to_next = self.chars.get(at + 1).is_some_and(char::is_ascii_digit);
            (SIGNS.contains(&self.chars[at]) && !belongs_to_next) || self.chars[at] == '%'
        });
        before.is_some_and(|c| SIGNS.contains(c))
            || signed_after
            || self.unit_after(end).is_some_and(|unit| WORDS.contains(&unit.as_str()))
            || self.word_before(start).is_some_and(|word| WORDS[..10].contains(&word.text.as_str()))
    }

    fn label_phones(&mut self) {
        let runs = self.runs();
        let mut at = 0;
        while at < runs.len() {
            let cue = self.cue(runs[at]);
            let plus = runs[at].start > 0 && self.chars[runs[at].start - 1] == '+';
            let abroad = self.text(runs[at].start, runs[at].end).starts_with("00");
            let called = plus || abroad || cue == Cue::Phone;
            let mut last = at;
            let mut digits = runs[at].len();
            while let Some(next) = runs.get(last + 1) {
                let gap = self.gap(runs[last], *next);
                let joins = matches!(gap.as_str(), " " | "-" | "." | ") " | ")" | "(" | " (" | " - ");
                let full = digits >= 11 && next.len() >= 4 || digits >= 9 && !called;
                if !joins || full || digits + next.len() > 15 {
                    break;
                }
                last += 1;
                digits += next.len();
            }
            let lengths: Vec<usize> = runs[at..=last].iter().map(|run| run.len()).collect();
            let shaped = lengths.len() >= 3 && digits >= 7 && lengths.iter().all(|length| *length <= 4) && lengths.iter().any(|l| *l < 4);
            let local = lengths == [3, 4] && self.gap(runs[at], runs[last]) == "-";
            if (called && digits >= 7) || ((shaped && digits >= 9 || local) && cue < Cue::Weak) {
                self.label(runs[at].start, runs[last].end, Span::Phone);
                at = last;
            } else if cue >= Cue::Weak && lengths.windows(2).all(|two| two[0] == two[1]) {
                // "orders 101 102 103": a list.
                at = last;
            }
            at += 1;
        }
    }

    fn label_others(&mut self) {
        const UNITS: &[&str] = &[
            "g", "kg", "mg", "ml", "l", "cm", "mm", "m", "km", "gb", "mb", "tb", "gram", "grams", "gramow", "litres", "pcs", "szt",
            "sztuk", "sztuki", "piece", "pieces", "item", "items", "times", "day", "days", "dni", "hour", "hours", "h", "godzin", "minute",
            "minutes", "min", "minut", "week", "weeks", "tygodni", "month", "months", "miesiecy", "years", "lat", "people", "osob", "st",
            "nd", "rd", "th", "watt", "w", "v",
        ];
        let runs = self.runs();
        for (at, run) in runs.iter().copied().enumerate() {
            let cue = self.cue(run);
            let unit = self.unit_after(run.end).is_some_and(|unit| UNITS.contains(&unit.as_str()));
            let fours = runs.get(at..at + 4).is_some_and(|four| {
                four.iter().all(|run| run.len() == 4) && four.windows(2).all(|two| matches!(self.gap(two[0], two[1]).as_str(), " " | "-"))
            });
            let dotted = runs.get(at..at + 3).is_some_and(|three| three.windows(2).all(|two| self.gap(two[0], two[1]) == "."));
            if fours && cue != Cue::Strong {
                self.label(run.start, runs[at + 3].end, Span::Other);
            } else if dotted {
                let tail = self.chars[run.start..].iter().take_while(|c| c.is_ascii_digit() || **c == '.').count();
                self.label(run.start, run.start + tail, Span::Other);
            } else if (unit && cue < Cue::Weak) || cue == Cue::Place {
                self.label(run.start, run.end, Span::Other);
            }
            let postcode = |next: &&Run| run.len() == 2 && next.len() == 3 && self.gap(run, **next) == "-" && cue < Cue::Weak;
            if let Some(next) = runs.get(at + 1).filter(postcode) {
                self.label(run.start, next.end, Span::Other);
            }
        }
    }
}

/// Where a link starts inside a token without spaces.
fn url_offset(token: &str) -> Option<usize> {
    if let Some(at) = token.find("://") {
        let scheme = token[..at].chars().rev().take_while(char::is_ascii_alphabetic).count();
        return Some(token[..at].chars().count() - scheme);
    }
    if let Some(at) = token.find("www.") {
        return Some(token[..at].chars().count());
    }
    let (host, _) = token.split_once('/')?;
    let (name, top) = host.rsplit_once('.')?;
    let is_host = !name.is_empty() && top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
    is_host.then_some(0)
}

/// English and Polish months, folded, with their short forms and the forms Polish dates use.
pub(super) fn is_month(word: &str) -> bool {
    const SHORT: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "maj", "maja"];
    const STEMS: &[&str] = &[
        "januar", "februar", "march", "april", "june", "july", "august", "septemb", "octob", "novemb", "decemb", "stycz", "luty", "lutego",
        "marzec", "marca", "kwie", "czerw", "lipiec", "lipca", "sierp", "wrze", "pazdz", "listopad", "grud",
    ];
    SHORT.contains(&word) || STEMS.iter().any(|stem| word.starts_with(stem))
}
