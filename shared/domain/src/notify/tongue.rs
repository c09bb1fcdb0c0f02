//! Languages that customers are written to in, and how an order stands in each.

use crate::ask::Lang;
use crate::money::Money;
use crate::order::Label;

/// A language of messages to customers, and of the pages that they open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tongue {
    /// English, also for every language that is not here.
    #[default]
    En,
    /// Polish.
    Pl,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// German.
    De,
}

impl Tongue {
    /// All of them.
    pub const ALL: [Tongue; 5] = [Tongue::En, Tongue::Pl, Tongue::Es, Tongue::Fr, Tongue::De];

    /// Their tags, for whoever named another one.
    pub const KNOWN: &'static str = "en, pl, es, fr or de";

    /// ISO 639-1.
    pub const fn tag(self) -> &'static str {
        self.of(["en", "pl", "es", "fr", "de"])
    }

    /// The language in English.
    pub const fn name(self) -> &'static str {
        self.of(["English", "Polish", "Spanish", "French", "German"])
    }

    /// From a locale tag: `pl`, `pl-PL`, `pl_PL`.
    pub fn of_locale(locale: &str) -> Tongue {
        let first: String = locale.trim().chars().take_while(char::is_ascii_alphabetic).take(3).collect();
        Tongue::ALL.into_iter().find(|tongue| tongue.tag().eq_ignore_ascii_case(&first)).unwrap_or_default()
    }

    /// From exactly its tag.
    pub fn of_tag(tag: &str) -> Option<Tongue> {
        Tongue::ALL.into_iter().find(|tongue| tongue.tag() == tag)
    }

    /// Its own of something that is there in each language, in the order of `ALL`.
    pub const fn of<T: Copy>(self, row: [T; 5]) -> T {
        row[self as usize]
    }

    /// An amount as it is written in it: `1234.50 EUR`, `1234,50 EUR`.
    pub fn money(self, amount: Money) -> String {
        let text = amount.to_string();
        if self == Tongue::En { text } else { text.replace('.', ",") }
    }
}

impl From<Lang> for Tongue {
    fn from(lang: Lang) -> Tongue {
        match lang {
            Lang::En => Tongue::En,
            Lang::Pl => Tongue::Pl,
        }
    }
}

/// How an order stands, to go on after "Your order".
#[rustfmt::skip]
pub const fn clause(label: Label, tongue: Tongue) -> &'static str {
    tongue.of(match label {
        Label::Received => ["has been received", "zostało przyjęte", "ha sido recibido", "a été reçue", "ist eingegangen"],
        Label::OnHold => ["is on hold", "jest wstrzymane", "está en espera", "est en attente", "ist angehalten"],
        Label::Processing => ["is being prepared", "jest w przygotowaniu", "se está preparando", "est en préparation", "wird vorbereitet"],
        Label::ReadyToShip => ["is packed and ready to ship", "jest spakowane i gotowe do wysyłki", "está embalado y listo para el envío",
                               "est emballée et prête à partir", "ist verpackt und versandbereit"],
        Label::PartlyShipped => ["has been partly shipped", "zostało częściowo wysłane", "ha sido enviado en parte", "a été expédiée en partie",
                                 "wurde teilweise versandt"],
        Label::Shipped => ["has been shipped", "zostało wysłane", "ha sido enviado", "a été expédiée", "wurde versandt"],
        Label::InTransit => ["is in transit", "jest w drodze", "está en camino", "est en chemin", "ist unterwegs"],
        Label::OutForDelivery => ["is out for delivery", "jest w doręczeniu", "está en reparto", "est en cours de livraison", "ist in Zustellung"],
        Label::ReadyForPickup => ["is ready for pickup", "jest gotowe do odbioru", "está listo para su recogida", "est prête à être retirée",
                                  "liegt zur Abholung bereit"],
        Label::Delayed => ["is delayed", "jest opóźnione", "se retrasa", "a pris du retard", "verspätet sich"],
        Label::DeliveryFailed => ["could not be handed over at the last delivery attempt", "nie mogło zostać przekazane przy ostatniej próbie doręczenia",
                                  "no se pudo entregar en el último intento", "n'a pas pu être remise lors de la dernière tentative de livraison",
                                  "konnte beim letzten Zustellversuch nicht übergeben werden"],
        Label::Delivered => ["has been delivered", "zostało dostarczone", "ha sido entregado", "a été livrée", "wurde zugestellt"],
        Label::Completed => ["is completed", "jest zrealizowane", "está completado", "est terminée", "ist abgeschlossen"],
        Label::ReturnRequested => ["has a return request", "ma zgłoszenie zwrotu", "tiene una solicitud de devolución",
                                   "fait l'objet d'une demande de retour", "ist zur Rückgabe angemeldet"],
        Label::Returned => ["has been returned", "zostało zwrócone", "ha sido devuelto", "a été retournée", "wurde zurückgegeben"],
        Label::Cancelled => ["has been cancelled", "zostało anulowane", "ha sido cancelado", "a été annulée", "wurde storniert"],
        Label::Refunded => ["has been refunded", "ma zwrócone środki", "ha sido reembolsado", "a été remboursée", "wurde erstattet"],
        Label::Failed => ["could not be completed", "nie mogło zostać zrealizowane", "no se pudo completar", "n'a pas pu aboutir",
                          "konnte nicht abgeschlossen werden"],
    })
}

/// How an order stands, in a word.
#[rustfmt::skip]
pub const fn word(label: Label, tongue: Tongue) -> &'static str {
    tongue.of(match label {
        Label::Received => [label.text(), "Przyjęte", "Recibido", "Reçue", "Eingegangen"],
        Label::OnHold => [label.text(), "Wstrzymane", "En espera", "En attente", "Angehalten"],
        Label::Processing => [label.text(), "W przygotowaniu", "En preparación", "En préparation", "In Vorbereitung"],
        Label::ReadyToShip => [label.text(), "Gotowe do wysyłki", "Listo para enviar", "Prête à partir", "Versandbereit"],
        Label::PartlyShipped => [label.text(), "Częściowo wysłane", "Enviado en parte", "Expédiée en partie", "Teilweise versandt"],
        Label::Shipped => [label.text(), "Wysłane", "Enviado", "Expédiée", "Versandt"],
        Label::InTransit => [label.text(), "W drodze", "En camino", "En chemin", "Unterwegs"],
        Label::OutForDelivery => [label.text(), "W doręczeniu", "En reparto", "En cours de livraison", "In Zustellung"],
        Label::ReadyForPickup => [label.text(), "Gotowe do odbioru", "Listo para recoger", "Prête à retirer", "Abholbereit"],
        Label::Delayed => [label.text(), "Opóźnione", "Retrasado", "En retard", "Verspätet"],
        Label::DeliveryFailed => [label.text(), "Niedoręczone", "No entregado", "Non remise", "Nicht zugestellt"],
        Label::Delivered => [label.text(), "Doręczone", "Entregado", "Livrée", "Zugestellt"],
        Label::Completed => [label.text(), "Zakończone", "Completado", "Terminée", "Abgeschlossen"],
        Label::ReturnRequested => [label.text(), "Zgłoszone do zwrotu", "Devolución solicitada", "Retour demandé", "Rückgabe angefragt"],
        Label::Returned => [label.text(), "Zwrócone", "Devuelto", "Retournée", "Zurückgegeben"],
        Label::Cancelled => [label.text(), "Anulowane", "Cancelado", "Annulée", "Storniert"],
        Label::Refunded => [label.text(), "Pieniądze zwrócone", "Reembolsado", "Remboursée", "Erstattet"],
        Label::Failed => [label.text(), "Nieudane", "Fallido", "Non aboutie", "Nicht abgeschlossen"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    // req: S2-23
    #[test]
    fn every_status_has_words_of_its_own_in_every_language() {
        for tongue in Tongue::ALL {
            assert_eq!((Tongue::of_locale(tongue.tag()), Tongue::of_tag(tongue.tag())), (tongue, Some(tongue)));
            let clauses: BTreeSet<&str> = Label::ALL.into_iter().map(|label| clause(label, tongue)).collect();
            let words: BTreeSet<&str> = Label::ALL.into_iter().map(|label| word(label, tongue)).collect();
            assert_eq!((clauses.len(), words.len()), (Label::ALL.len(), Label::ALL.len()), "{}", tongue.name());
        }
        assert_eq!([Tongue::of_locale("pl_PL"), Tongue::of_locale("DE-at"), Tongue::of_locale("xx")], [Tongue::Pl, Tongue::De, Tongue::En]);
        assert_eq!(Tongue::KNOWN.split([',', ' ']).filter_map(Tongue::of_tag).count(), Tongue::ALL.len());
        assert_eq!((Tongue::of_tag("pl_PL"), Tongue::of_tag("")), (None, None));
    }

    // req: S2-23
    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let of = |minor, currency| Money { minor, currency: crate::money::Currency::parse(currency).unwrap() };
        let table = [
            ("USD", "1234.50"),
            ("EUR", "1234.50"),
            ("GBP", "1234.50"),
            ("CAD", "1234.50"),
            ("AUD", "1234.50"),
            ("JPY", "123450"),
            ("KWD", "123.450"),
        ];
        for (currency, text) in table {
            let amount = of(123_450, currency);
            assert_eq!(Tongue::En.money(amount), format!("{text} {currency}"));
            for tongue in [Tongue::Pl, Tongue::Es, Tongue::Fr, Tongue::De] {
                assert_eq!(tongue.money(amount), format!("{} {currency}", text.replace('.', ",")));
            }
        }
    }
}
