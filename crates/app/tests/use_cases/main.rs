//! The use-cases on a real database, with a clock, random bits and a media engine of the tests'.

mod doubles;
mod foreign_organisation;
mod invites;
mod live;
mod participants;
mod people;
mod policies;
mod recovery;
mod rtc_events;
mod sessions;
mod setup;
mod sign_ins;
mod stage;
