//! Who may add, change, deactivate and delete whom.
//!
//! Owners manage everybody; admins everybody but owners; anybody may change their own name.
//! Invariant: an organisation never loses its last active owner.

use crate::{PersonName, User, UserRole};

/// What is to be changed about a user; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// What they are called.
    pub name: Option<PersonName>,
    /// What they may do.
    pub role: Option<UserRole>,
    /// Whether the account is on.
    pub activation: Option<Activation>,
}

/// Switching an account on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// They can sign in as soon as they have a password.
    On,
    /// They cannot sign in.
    Off,
}

/// Why the rules refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserRuleError {
    /// Their role does not allow it.
    #[error("not allowed to manage this user")]
    NotAllowed,
    /// Nobody would be left who can appoint owners.
    #[error("the organisation would lose its last active owner")]
    LastOwner,
}

/// May `actor` add a user with this role?
///
/// # Errors
/// [`UserRuleError::NotAllowed`].
pub fn check_addition(actor: UserRole, added: UserRole) -> Result<(), UserRuleError> {
    allow_if(actor.may_manage(added))
}

/// May `actor` change `target` like this, when `active_owners` owners are active in all?
///
/// # Errors
/// [`UserRuleError`].
pub fn check_change(
    actor: &User,
    target: &User,
    change: &UserChange,
    active_owners: u64,
) -> Result<(), UserRuleError> {
    let only_renames_self =
        actor.id == target.id && change.role.is_none() && change.activation.is_none();
    let may_give_role = change.role.is_none_or(|role| actor.role.may_manage(role));
    allow_if(only_renames_self || (actor.role.may_manage(target.role) && may_give_role))?;

    let stops_owning = change.role.is_some_and(|role| role != UserRole::Owner)
        || change.activation == Some(Activation::Off);
    keep_an_owner(target, stops_owning, active_owners)
}

/// May `actor` delete `target`, when `active_owners` owners are active in all?
///
/// # Errors
/// [`UserRuleError`].
pub fn check_deletion(
    actor: &User,
    target: &User,
    active_owners: u64,
) -> Result<(), UserRuleError> {
    allow_if(actor.role.may_manage(target.role))?;
    keep_an_owner(target, true, active_owners)
}

fn allow_if(allowed: bool) -> Result<(), UserRuleError> {
    allowed.then_some(()).ok_or(UserRuleError::NotAllowed)
}

fn keep_an_owner(
    target: &User,
    stops_owning: bool,
    active_owners: u64,
) -> Result<(), UserRuleError> {
    if stops_owning && target.is_active_owner() && active_owners <= 1 {
        return Err(UserRuleError::LastOwner);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{EmailAddress, OrganisationId, UserId, UserState};

    fn user(number: u8, role: UserRole) -> User {
        User {
            id: UserId::from_random([number; 16]),
            organisation_id: OrganisationId::from_random([1; 16]),
            name: PersonName::parse("Ana").expect("a fine name"),
            email: EmailAddress::parse("ana@example.com").expect("a fine address"),
            role,
            state: UserState::Active,
            created_at: datetime!(2026-01-01 0:00 UTC),
            last_sign_in_at: None,
        }
    }

    fn to_role(role: UserRole) -> UserChange {
        UserChange {
            role: Some(role),
            ..UserChange::default()
        }
    }

    fn off() -> UserChange {
        UserChange {
            activation: Some(Activation::Off),
            ..UserChange::default()
        }
    }

    #[test]
    fn an_admin_neither_makes_nor_touches_an_owner() {
        let (admin, owner, expert) = (
            user(1, UserRole::Admin),
            user(2, UserRole::Owner),
            user(3, UserRole::Expert),
        );
        let refused = Err(UserRuleError::NotAllowed);
        assert_eq!(check_addition(UserRole::Admin, UserRole::Owner), refused);
        assert_eq!(
            check_change(&admin, &expert, &to_role(UserRole::Owner), 2),
            refused
        );
        assert_eq!(check_change(&admin, &owner, &off(), 2), refused);
        assert_eq!(check_deletion(&admin, &owner, 2), refused);
        assert_eq!(check_deletion(&admin, &expert, 2), Ok(()));
    }

    #[test]
    fn experts_and_members_manage_nobody_but_may_rename_themselves() {
        let rename = UserChange {
            name: Some(PersonName::parse("Anna").expect("a fine name")),
            ..UserChange::default()
        };
        for role in [UserRole::Expert, UserRole::Member] {
            let (actor, other) = (user(1, role), user(2, UserRole::Member));
            let refused = Err(UserRuleError::NotAllowed);
            assert_eq!(check_addition(role, UserRole::Member), refused);
            assert_eq!(check_change(&actor, &other, &rename, 1), refused);
            assert_eq!(check_deletion(&actor, &other, 1), refused);
            assert_eq!(check_change(&actor, &actor, &rename, 1), Ok(()));
            assert_eq!(
                check_change(&actor, &actor, &to_role(UserRole::Admin), 1),
                refused
            );
        }
    }

    #[test]
    fn the_last_active_owner_stays() {
        let owner = user(1, UserRole::Owner);
        let refused = Err(UserRuleError::LastOwner);
        assert_eq!(check_deletion(&owner, &owner, 1), refused);
        assert_eq!(
            check_change(&owner, &owner, &to_role(UserRole::Admin), 1),
            refused
        );
        assert_eq!(check_change(&owner, &owner, &off(), 1), refused);
        assert_eq!(
            check_change(&owner, &owner, &to_role(UserRole::Owner), 1),
            Ok(())
        );
        assert_eq!(check_deletion(&owner, &owner, 2), Ok(()));
    }

    #[test]
    fn an_owner_who_is_not_active_can_go_while_one_is() {
        let owner = user(1, UserRole::Owner);
        let invited = User {
            state: UserState::Invited,
            ..user(2, UserRole::Owner)
        };
        assert_eq!(check_deletion(&owner, &invited, 1), Ok(()));
    }
}
