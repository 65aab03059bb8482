//! The people who have an account.

mod add;
mod change;
mod delete;
mod list;

use domain::UserId;

pub use add::{AddError, AddUser, AddedUser, add};
pub use change::{ChangeError, ChangeUser, change};
pub use delete::{DeleteError, delete};
pub use list::{ListError, list};

use crate::{App, rtc_orders::RtcOrder};
use store::PresentPlace;

/// Sends somebody out of everything that they are in, after their account was switched off.
fn send_out(app: &App, user: UserId, places: &[PresentPlace]) {
    app.live().end_user(user);
    app.live().all_changed();
    for place in places {
        app.order(RtcOrder::Remove(place.session_id, place.participant_id));
    }
}
