use std::net::IpAddr;

use domain::EmailAddress;

use crate::{
    App,
    throttle::{Network, Throttled},
};

/// What a try to sign in costs. It is paid for before the password is looked at, and paid back
/// when that was right.
///
/// Tries with one e-mail address share a budget wherever they come from, so that a thousand
/// networks guess hardly faster than one. While it is used up each network, and each site, has
/// some tries left: whoever guesses cannot keep the user out who knows the password.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    app: &'a App,
    network: Network,
    paid: Paid,
}

/// What was taken on top of the network's own budget.
#[derive(Debug)]
enum Paid {
    /// Nothing: what was typed is no e-mail address.
    Nothing,
    /// From the e-mail address's budget.
    Shared(EmailAddress),
    /// From what is left to the network and the site.
    Spare(EmailAddress),
}

impl<'a> Attempt<'a> {
    pub(super) fn pay(
        app: &'a App,
        address: IpAddr,
        email: Option<EmailAddress>,
    ) -> Result<Self, Throttled> {
        let network = Network::from(address);
        app.throttles()
            .sign_in_by_address
            .take(&network, app.now())?;
        let paid = match email {
            Some(email) => pay_for_email(app, network, email)?,
            None => Paid::Nothing,
        };
        Ok(Self { app, network, paid })
    }

    pub(super) fn give_back(self) {
        let (throttles, now, network) = (self.app.throttles(), self.app.now(), self.network);
        throttles.sign_in_by_address.give_back(&network, now);
        match self.paid {
            Paid::Nothing => {}
            Paid::Shared(email) => throttles.sign_in_by_email.give_back(&email, now),
            Paid::Spare(email) => {
                let of_network = (email.clone(), network);
                throttles
                    .spare_sign_in_by_address
                    .give_back(&of_network, now);
                let of_site = (email, network.site());
                throttles.spare_sign_in_by_site.give_back(&of_site, now);
            }
        }
    }
}

fn pay_for_email(app: &App, network: Network, email: EmailAddress) -> Result<Paid, Throttled> {
    let (throttles, now) = (app.throttles(), app.now());
    if throttles.sign_in_by_email.take(&email, now).is_ok() {
        return Ok(Paid::Shared(email));
    }
    let of_network = (email.clone(), network);
    throttles.spare_sign_in_by_address.take(&of_network, now)?;
    let of_site = (email.clone(), network.site());
    throttles.spare_sign_in_by_site.take(&of_site, now)?;
    Ok(Paid::Spare(email))
}
