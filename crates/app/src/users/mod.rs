//! The people who have an account.

mod add;
mod change;
mod delete;
mod list;

use domain::{OrganisationId, UserId};

pub use add::{AddError, AddUser, AddedUser, add};
pub use change::{ChangeError, ChangeUser, change};
pub use delete::{DeleteError, delete};
pub use list::{ListError, list};

use crate::{App, participants, rtc_orders::RtcOrder};
use store::{Place, StoreError, Transaction};

/// Where somebody is, or may be on their way in with a token that they were given before.
async fn places_to_leave(
    app: &App,
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    user: UserId,
) -> Result<Vec<Place>, StoreError> {
    let oldest = app.now() - participants::OPENS_DOOR_AFTER_RESERVATION;
    transaction
        .places_of_user_held_after(organisation, user, oldest)
        .await
}

/// Sends somebody out of everything that they are in, after their account was switched off.
fn send_out(app: &App, user: UserId, places: &[Place]) {
    app.live().end_user(user);
    app.live().all_changed();
    for place in places {
        app.order(RtcOrder::Remove(place.session_id, place.participant_id));
    }
}
