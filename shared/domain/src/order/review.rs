//! What a person has to decide about an order before it goes on.
//!
//! A review is part of its order: whatever ends the order withdraws it in the same commit, so nobody decides what no longer
//! matters, and nothing that was decided gets lost.

use super::Order;
use super::rejection::Rejection;
use crate::ids::{ExceptionId, ReviewId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Reviews of one order, decided ones among them.
pub const REVIEWS_MAX: usize = 20;
/// Longest comment or reason, in characters.
pub const WORDS_MAX: usize = 1_000;
/// So long nobody else decides what somebody has taken on.
pub const CLAIM_HOLDS: SignedDuration = SignedDuration::from_mins(30);

/// What is to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewKind {
    /// It is worth a lot.
    HighValue,
    /// It may be somebody else's money.
    Fraud,
    /// It did not pass the check before it is packed.
    Qc,
    /// There is not enough of something.
    InventoryOverride,
    /// A customer needs somebody.
    CsEscalation,
}

impl ReviewKind {
    /// All.
    pub const ALL: [ReviewKind; 5] =
        [ReviewKind::HighValue, ReviewKind::Fraud, ReviewKind::Qc, ReviewKind::InventoryOverride, ReviewKind::CsEscalation];

    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            ReviewKind::HighValue => "HIGH_VALUE",
            ReviewKind::Fraud => "FRAUD",
            ReviewKind::Qc => "QC",
            ReviewKind::InventoryOverride => "INVENTORY_OVERRIDE",
            ReviewKind::CsEscalation => "CS_ESCALATION",
        }
    }

    /// From the wire.
    pub fn of(code: &str) -> Option<ReviewKind> {
        ReviewKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            ReviewKind::HighValue => "High value",
            ReviewKind::Fraud => "Fraud",
            ReviewKind::Qc => "Quality check",
            ReviewKind::InventoryOverride => "Stock",
            ReviewKind::CsEscalation => "Customer service",
        }
    }

    /// The order goes no further before it is decided, and is called off if the answer is no.
    pub const fn decides_order(self) -> bool {
        matches!(self, ReviewKind::HighValue | ReviewKind::Fraud | ReviewKind::InventoryOverride)
    }

    /// Nothing leaves the house before it is decided.
    pub const fn holds_back(self) -> bool {
        !matches!(self, ReviewKind::CsEscalation)
    }

    /// How urgent it is by itself.
    pub const fn priority(self) -> Priority {
        match self {
            ReviewKind::Fraud => Priority::Urgent,
            ReviewKind::HighValue | ReviewKind::CsEscalation => Priority::High,
            ReviewKind::Qc | ReviewKind::InventoryOverride => Priority::Normal,
        }
    }
}

/// How urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// In its turn.
    Normal,
    /// Before others.
    High,
    /// At once.
    Urgent,
}

impl Priority {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }
}

/// How a review ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// The order has ended, or has moved on by itself: there is nothing to decide any more.
    Withdrawn,
}

impl ReviewOutcome {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            ReviewOutcome::Approved => "approved",
            ReviewOutcome::Rejected => "rejected",
            ReviewOutcome::Withdrawn => "withdrawn",
        }
    }
}

/// Somebody who works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// Subject of their token, or id of their key.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
}

/// How it ended, by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// How.
    pub outcome: ReviewOutcome,
    /// By whom; nobody's decision if it was withdrawn or its time was up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Something to be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Its name among the reviews of its order.
    pub id: ReviewId,
    /// What is to be decided.
    pub kind: ReviewKind,
    /// How urgent.
    pub priority: Priority,
    /// Why, in words of ours: nothing in them names a customer.
    pub reason: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// By when.
    pub due_at: Timestamp,
    /// So many different people have to say yes; one who says no is enough.
    pub needs: u8,
    /// What was reported to be wrong, if that is what is decided: it says nothing of what there is on the shelf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<ExceptionId>,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<Claimed>,
    /// Who has said yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<String>,
    /// Its time was up, and that was said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
}

impl Review {
    /// Still to be decided.
    pub const fn is_open(&self) -> bool {
        self.decided.is_none()
    }

    /// Who keeps others from deciding it.
    pub fn claimed_by(&self, now: Timestamp) -> Option<&str> {
        self.claimed.as_ref().filter(|claim| now.duration_since(claim.at).abs() <= CLAIM_HOLDS).map(|claim| claim.by.as_str())
    }
}

/// What happened to a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ReviewEvent {
    /// Something is to be decided.
    Opened {
        /// What.
        review: Box<Review>,
        /// What whoever asked for it wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Somebody works on it.
    Claimed {
        /// On which.
        id: ReviewId,
        /// Who.
        by: String,
    },
    /// Somebody said yes, and another has to.
    Approved {
        /// To which.
        id: ReviewId,
        /// Who.
        by: String,
        /// What they wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// It is decided.
    Decided {
        /// Which.
        id: ReviewId,
        /// How.
        outcome: ReviewOutcome,
        /// By whom; nobody if its time was up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What they wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// Its time is up, and nobody has decided it.
    Overdue {
        /// Which.
        id: ReviewId,
    },
}

impl ReviewEvent {
    /// Which review it is about.
    pub fn review(&self) -> &ReviewId {
        match self {
            ReviewEvent::Opened { review, .. } => &review.id,
            ReviewEvent::Claimed { id, .. }
            | ReviewEvent::Approved { id, .. }
            | ReviewEvent::Decided { id, .. }
            | ReviewEvent::Overdue { id } => id,
        }
    }

    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            ReviewEvent::Opened { .. } => "review_opened",
            ReviewEvent::Claimed { .. } => "review_claimed",
            ReviewEvent::Approved { .. } => "review_approved",
            ReviewEvent::Decided { .. } => "review_decided",
            ReviewEvent::Overdue { .. } => "review_overdue",
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        let said = |comment: &Option<String>| comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
        match self {
            ReviewEvent::Opened { review, note } => format!("To be reviewed ({}): {}{}", review.kind.text(), review.reason, said(note)),
            ReviewEvent::Claimed { id, by } => format!("Review {id} taken on by {by}"),
            ReviewEvent::Approved { id, by, comment } => format!("Review {id} approved by {by}, another has to{}", said(comment)),
            ReviewEvent::Decided { id, outcome: ReviewOutcome::Withdrawn, .. } => format!("Review {id} withdrawn"),
            ReviewEvent::Decided { id, outcome, by: Some(by), comment } => {
                format!("Review {id} {} by {by}{}", outcome.code(), said(comment))
            }
            ReviewEvent::Decided { id, outcome, .. } => format!("Review {id} {}, its time was up", outcome.code()),
            ReviewEvent::Overdue { id } => format!("Review {id} is overdue"),
        }
    }

    /// What a person wrote.
    pub(super) fn words(&mut self) -> Option<&mut String> {
        match self {
            ReviewEvent::Opened { note, .. } => note.as_mut(),
            ReviewEvent::Approved { comment, .. } | ReviewEvent::Decided { comment, .. } => comment.as_mut(),
            _ => None,
        }
    }
}

/// What can be asked about reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewCommand {
    /// Have somebody decide.
    Open {
        /// What.
        kind: ReviewKind,
        /// Why, in their words.
        note: String,
        /// By when.
        due_at: Timestamp,
    },
    /// Take it on.
    Claim {
        /// Which.
        id: ReviewId,
        /// Who does.
        by: String,
    },
    /// Decide it.
    Decide {
        /// Which.
        id: ReviewId,
        /// Yes.
        approve: bool,
        /// Who says so.
        by: String,
        /// What they write.
        comment: Option<String>,
    },
    /// Its time is up, if it is.
    Expire {
        /// Which.
        id: ReviewId,
        /// The shop wants what nobody decides to be called off.
        reject: bool,
    },
}

impl Order {
    /// What is still to be decided.
    pub fn open_reviews(&self) -> impl Iterator<Item = &Review> {
        self.reviews.iter().filter(|review| review.is_open())
    }

    /// A review by name.
    pub fn review(&self, id: &ReviewId) -> Option<&Review> {
        self.reviews.iter().find(|review| review.id == *id)
    }

    /// What has to be decided before anything leaves the house: open reviews, and a check that was not passed.
    pub fn held_back_by(&self) -> Vec<ReviewKind> {
        let is_over = self.is_called_off() || self.has_left();
        let open = self.open_reviews().map(|review| review.kind).filter(|kind| kind.holds_back() && !is_over);
        let mut kinds: Vec<ReviewKind> = open.collect();
        let check = self.reviews.iter().rfind(|review| review.kind == ReviewKind::Qc);
        let failed = check.and_then(|check| check.decided.as_ref()).is_some_and(|decided| decided.outcome == ReviewOutcome::Rejected);
        if failed && !is_over {
            kinds.push(ReviewKind::Qc);
        }
        kinds
    }

    /// A new review of it; none if it has too many.
    pub(super) fn new_review(&self, kind: ReviewKind, reason: String, needs: u8, now: Timestamp, due_at: Timestamp) -> Option<Review> {
        let number = self.reviews.len() + 1;
        let id = ReviewId::parse(&format!("{}-{number}", kind.code().to_ascii_lowercase().replace('_', "-"))).ok()?;
        (number <= REVIEWS_MAX).then(|| Review {
            id,
            kind,
            priority: kind.priority(),
            reason,
            opened_at: now,
            due_at,
            needs,
            exception: None,
            claimed: None,
            approvals: Vec::new(),
            overdue: false,
            decided: None,
        })
    }

    pub(super) fn reviewed(&mut self, event: &ReviewEvent, at: Timestamp) {
        if let ReviewEvent::Opened { review, .. } = event {
            self.reviews.push((**review).clone());
            return;
        }
        let Some(review) = self.reviews.iter_mut().find(|review| review.id == *event.review()) else { return };
        match event {
            ReviewEvent::Opened { .. } => {}
            ReviewEvent::Claimed { by, .. } => review.claimed = Some(Claimed { by: by.clone(), at }),
            ReviewEvent::Approved { by, .. } => {
                review.approvals.push(by.clone());
                review.claimed = None;
            }
            ReviewEvent::Decided { outcome, by, .. } => {
                review.decided = Some(Decided { outcome: *outcome, by: by.clone(), at });
                review.claimed = None;
            }
            ReviewEvent::Overdue { .. } => review.overdue = true,
        }
    }
}

fn is_said(text: &str) -> bool {
    (1..=WORDS_MAX).contains(&text.trim().chars().count()) && text.chars().all(|c| !c.is_control() || c == '\n')
}

fn open<'a>(order: &'a Order, id: &ReviewId) -> Result<&'a Review, Rejection> {
    let review = order.review(id).ok_or(Rejection::NoSuchReview)?;
    match &review.decided {
        None => Ok(review),
        Some(decided) => Err(Rejection::ReviewedBefore { outcome: decided.outcome }),
    }
}

/// What follows from a command about reviews, beside what the order's saga makes of it.
pub(super) fn decide(order: &Order, command: &ReviewCommand, now: Timestamp) -> Result<Vec<ReviewEvent>, Rejection> {
    match command {
        ReviewCommand::Open { kind, note, due_at } => {
            if !is_said(note) {
                return Err(Rejection::BadText);
            }
            if order.open_reviews().any(|review| review.kind == *kind && review.exception.is_none()) {
                return Ok(Vec::new());
            }
            if kind.holds_back() && (order.is_called_off() || order.has_left()) {
                return Err(Rejection::NothingToDecide);
            }
            let review = order.new_review(*kind, "asked for".to_owned(), 1, now, *due_at).ok_or(Rejection::TooManyReviews)?;
            Ok(vec![ReviewEvent::Opened { review: Box::new(review), note: Some(note.trim().to_owned()) }])
        }
        ReviewCommand::Claim { id, by } => match open(order, id)?.claimed_by(now) {
            Some(claimed) if claimed == by => Ok(Vec::new()),
            Some(claimed) => Err(Rejection::ReviewClaimed { by: claimed.to_owned() }),
            None => Ok(vec![ReviewEvent::Claimed { id: id.clone(), by: by.clone() }]),
        },
        ReviewCommand::Decide { id, approve, by, comment } => {
            if comment.as_deref().is_some_and(|comment| !is_said(comment)) {
                return Err(Rejection::BadText);
            }
            // The same answer given twice is one answer: a double click, a retry after a lost reply.
            let repeats = |decided: &Decided| decided.by.as_ref() == Some(by) && (decided.outcome == ReviewOutcome::Approved) == *approve;
            if order.review(id).and_then(|review| review.decided.as_ref()).is_some_and(repeats) {
                return Ok(Vec::new());
            }
            let review = open(order, id)?;
            if let Some(claimed) = review.claimed_by(now).filter(|claimed| claimed != by) {
                return Err(Rejection::ReviewClaimed { by: claimed.to_owned() });
            }
            if *approve && review.approvals.contains(by) {
                return Ok(Vec::new());
            }
            let (id, comment) = (id.clone(), comment.as_ref().map(|comment| comment.trim().to_owned()));
            if *approve && review.approvals.len() + 1 < usize::from(review.needs) {
                return Ok(vec![ReviewEvent::Approved { id, by: by.clone(), comment }]);
            }
            let outcome = if *approve { ReviewOutcome::Approved } else { ReviewOutcome::Rejected };
            Ok(vec![ReviewEvent::Decided { id, outcome, by: Some(by.clone()), comment }])
        }
        ReviewCommand::Expire { id, reject } => {
            let Some(review) = order.review(id).filter(|review| review.is_open() && review.due_at <= now && !review.overdue) else {
                return Ok(Vec::new());
            };
            // One word of a warehouse and silence call nothing off.
            let rejects = *reject && review.kind.decides_order() && review.exception.is_none();
            Ok(vec![if rejects {
                ReviewEvent::Decided { id: id.clone(), outcome: ReviewOutcome::Rejected, by: None, comment: None }
            } else {
                ReviewEvent::Overdue { id: id.clone() }
            }])
        }
    }
}
