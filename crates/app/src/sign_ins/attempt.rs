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
        let mut attempt = Self {
            app,
            network,
            paid: Paid::Nothing,
        };
        let own = &app.throttles().sign_in_by_address;
        own.take(&network.site(), &network, app.now())?;
        if let Some(email) = email {
            match pay_for_email(app, network, email) {
                Ok(paid) => attempt.paid = paid,
                Err(throttled) => {
                    attempt.give_back();
                    return Err(throttled);
                }
            }
        }
        Ok(attempt)
    }

    pub(super) fn give_back(self) {
        let (throttles, now, network) = (self.app.throttles(), self.app.now(), self.network);
        let site = network.site();
        throttles.sign_in_by_address.give_back(&site, &network, now);
        match self.paid {
            Paid::Nothing => {}
            Paid::Shared(email) => throttles.sign_in_by_email.give_back(&site, &email, now),
            Paid::Spare(email) => {
                let of_site = (email.clone(), site);
                throttles
                    .spare_sign_in_by_site
                    .give_back(&site, &of_site, now);
                let of_network = (email, network);
                throttles
                    .spare_sign_in_by_address
                    .give_back(&site, &of_network, now);
            }
        }
    }
}

/// The site is asked first, of which there are fewer: whoever has many networks gets no further,
/// and leaves nothing behind in the others' names.
fn pay_for_email(app: &App, network: Network, email: EmailAddress) -> Result<Paid, Throttled> {
    let (throttles, now, site) = (app.throttles(), app.now(), network.site());
    if throttles.sign_in_by_email.take(&site, &email, now).is_ok() {
        return Ok(Paid::Shared(email));
    }
    let of_site = (email.clone(), site);
    throttles.spare_sign_in_by_site.take(&site, &of_site, now)?;
    let of_network = (email.clone(), network);
    throttles
        .spare_sign_in_by_address
        .take(&site, &of_network, now)
        .inspect_err(|_| {
            throttles
                .spare_sign_in_by_site
                .give_back(&site, &of_site, now);
        })?;
    Ok(Paid::Spare(email))
}
