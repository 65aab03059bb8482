//! One thread that owns rooms: it sleeps until a packet, a frame or a deadline comes.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle, Thread},
    time::Instant,
};

use crossbeam_queue::ArrayQueue;
use rtc::{Frame, LeaveReason, Path, RtcEvent};
use signal::{
    Admission, Config, ConnectionId, Datagram, Edge, Event, Input, Now, Order, Output, Transmit,
    Transport,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    batch::Batch,
    clock::now,
    counters::{Counters, Depths, METRICS},
    packet_queue::{PacketQueue, QueuedPacket},
    socket::MediaSocket,
};

/// A tenth of a second of packets at full load; what waits longer is late anyway.
const PACKETS_MAX: usize = 8192;
const COMMANDS_MAX: usize = 1024;
/// Buffers kept for the packets to come.
const SPARE_MAX: usize = 256;
/// Packets taken together, before what follows from them is sent: a picture's worth. Commands get
/// their turn in between.
const PACKETS_AT_ONCE: usize = 32;

/// Where packets of a client come from, and what brings them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Remote {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
}

/// A received packet.
#[derive(Debug)]
struct Packet {
    remote: Remote,
    destination: SocketAddr,
    payload: Vec<u8>,
}

/// What others ask of a shard thread.
pub(crate) enum Command {
    /// A client was admitted.
    Open {
        connection: ConnectionId,
        admission: Box<Admission>,
        frames: mpsc::Sender<Frame>,
    },
    /// A frame arrived from a client.
    Frame {
        connection: ConnectionId,
        frame: Frame,
    },
    /// A client's connection ended.
    Lost { connection: ConnectionId },
    /// A connection carries the media of whoever has this ICE name, if there is one here.
    Attach {
        remote: Remote,
        ufrag: String,
        outbox: Arc<PacketQueue>,
        is_known: oneshot::Sender<bool>,
    },
    /// A connection that carried media ended.
    Detach { remote: Remote },
    /// The product orders something; answered when it is done.
    Order {
        order: Order,
        done: oneshot::Sender<()>,
    },
    /// Tells every client, then ends the thread.
    Stop { done: oneshot::Sender<()> },
}

/// The way to a shard thread.
#[derive(Clone)]
pub(crate) struct ShardHandle {
    packets: Arc<ArrayQueue<Packet>>,
    spare: Arc<ArrayQueue<Vec<u8>>>,
    commands: mpsc::Sender<Command>,
    counters: Arc<Counters>,
    thread: Thread,
}

/// The thread has ended.
#[derive(Debug, thiserror::Error)]
#[error("the shard has stopped")]
pub(crate) struct Stopped;

impl ShardHandle {
    /// Hands over a packet; when the shard is behind, its oldest one is dropped.
    pub(crate) fn deliver(&self, remote: Remote, destination: SocketAddr, bytes: &[u8]) {
        let mut payload = self.spare.pop().unwrap_or_default();
        payload.clear();
        payload.extend_from_slice(bytes);
        let packet = Packet {
            remote,
            destination,
            payload,
        };
        let arriving = &self.counters.arriving;
        arriving.packets.add_shared(1);
        arriving.bytes.add_shared(bytes.len() as u64);
        if self.packets.force_push(packet).is_some() {
            arriving.dropped.add_shared(1);
        }
        self.thread.unpark();
    }

    /// The values of [`crate::METRICS`].
    pub(crate) fn measured(&self) -> [u64; METRICS.len()] {
        self.counters.values(Depths {
            packets: self.packets.len(),
            commands: self.commands.max_capacity() - self.commands.capacity(),
        })
    }

    /// Hands over a command, waiting while the shard is behind.
    pub(crate) async fn command(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)?;
        self.thread.unpark();
        Ok(())
    }
}

impl std::fmt::Debug for ShardHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShardHandle")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

/// Builds the engine of a shard, at its start and after a panic.
pub(crate) type EdgeFactory = Box<dyn Fn() -> (Config, sfu::Config) + Send>;

/// Starts a shard thread.
pub(crate) fn spawn(
    index: usize,
    factory: EdgeFactory,
    socket: Arc<MediaSocket>,
    events: mpsc::Sender<RtcEvent>,
) -> io::Result<(ShardHandle, JoinHandle<()>)> {
    let packets = Arc::new(ArrayQueue::new(PACKETS_MAX));
    let spare = Arc::new(ArrayQueue::new(SPARE_MAX));
    let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
    let counters = Arc::new(Counters::default());
    let (config, engine) = factory();
    let shard = ShardThread {
        edge: Edge::new(config, engine),
        factory,
        socket,
        events,
        packets: Arc::clone(&packets),
        spare: Arc::clone(&spare),
        batch: Batch::default(),
        commands: receiver,
        counters: Arc::clone(&counters),
        connections: HashMap::new(),
        attached: HashMap::new(),
        stays: HashMap::new(),
        lost: Vec::new(),
        deadline: None,
    };
    let join = thread::Builder::new()
        .name(format!("media-{index}"))
        .spawn(move || shard.run())?;
    let thread = join.thread().clone();
    Ok((
        ShardHandle {
            packets,
            spare,
            commands,
            counters,
            thread,
        },
        join,
    ))
}

struct ShardThread {
    edge: Edge,
    factory: EdgeFactory,
    socket: Arc<MediaSocket>,
    events: mpsc::Sender<RtcEvent>,
    packets: Arc<ArrayQueue<Packet>>,
    /// Buffers on their way back to the receiver.
    spare: Arc<ArrayQueue<Vec<u8>>>,
    batch: Batch,
    commands: mpsc::Receiver<Command>,
    counters: Arc<Counters>,
    connections: HashMap<ConnectionId, mpsc::Sender<Frame>>,
    /// The connections that carry media, by whom they reach.
    attached: HashMap<Remote, Arc<PacketQueue>>,
    /// Who is in, to tell the product should the engine be lost: sid to room and identity.
    stays: HashMap<String, (String, String)>,
    /// Connections found broken while writing to them.
    lost: Vec<ConnectionId>,
    deadline: Option<Instant>,
}

impl ShardThread {
    fn run(mut self) {
        loop {
            let mut is_idle = true;
            for _ in 0..PACKETS_AT_ONCE {
                let Some(packet) = self.packets.pop() else {
                    break;
                };
                is_idle = false;
                self.receive(&packet);
                // When there are enough of them, this one is let go.
                let _ = self.spare.push(packet.payload);
            }
            if !is_idle {
                self.handle(Input::Timeout);
            }
            match self.commands.try_recv() {
                Ok(Command::Stop { done }) => {
                    self.handle(Input::Order(Order::Stop));
                    // Nobody waits any more when the server was told to stop twice.
                    let _ = done.send(());
                    return;
                }
                Ok(command) => {
                    is_idle = false;
                    self.command(command);
                    self.count_people();
                }
                Err(mpsc::error::TryRecvError::Empty) => {}
                Err(mpsc::error::TryRecvError::Disconnected) => return,
            }
            if self.deadline.is_some_and(|at| at <= Instant::now()) {
                is_idle = false;
                self.handle(Input::Timeout);
                self.count_people();
            }
            if is_idle {
                self.sleep();
            }
        }
    }

    fn count_people(&self) {
        let counters = &self.counters.shard;
        counters.rooms.set(self.edge.room_count() as u64);
        counters
            .participants
            .set(self.edge.participant_count() as u64);
    }

    fn sleep(&self) {
        match self.deadline {
            Some(at) => thread::park_timeout(at.saturating_duration_since(Instant::now())),
            None => thread::park(),
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Open {
                connection,
                admission,
                frames,
            } => {
                self.connections.insert(connection, frames);
                self.handle(Input::Opened {
                    connection,
                    admission,
                });
            }
            Command::Frame { connection, frame } => {
                let frame = match frame {
                    Frame::Binary(bytes) => signal::Frame::Binary(bytes.into()),
                    Frame::Text(text) => signal::Frame::Text(text),
                };
                self.handle(Input::Frame { connection, frame });
            }
            Command::Lost { connection } => {
                self.connections.remove(&connection);
                self.handle(Input::Lost { connection });
            }
            Command::Attach {
                remote,
                ufrag,
                outbox,
                is_known,
            } => {
                let knows = self.edge.knows(&ufrag);
                if knows {
                    self.attached.insert(remote, outbox);
                }
                if is_known.send(knows).is_err() {
                    self.attached.remove(&remote);
                }
            }
            Command::Detach { remote } => {
                self.attached.remove(&remote);
            }
            Command::Order { order, done } => {
                self.handle(Input::Order(order));
                // The caller may have stopped waiting.
                let _ = done.send(());
            }
            Command::Stop { .. } => unreachable!("the loop takes it"),
        }
    }

    fn receive(&mut self, packet: &Packet) {
        let now = now();
        let datagram = Datagram {
            transport: packet.remote.transport,
            source: packet.remote.address,
            destination: packet.destination,
            payload: &packet.payload,
        };
        let edge = AssertUnwindSafe(&mut self.edge);
        let received = catch_unwind(move || {
            let edge = edge;
            edge.0.receive(datagram, now);
        });
        if received.is_err() {
            self.recover(now);
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = now();
        let edge = AssertUnwindSafe(&mut self.edge);
        let handled = catch_unwind(move || {
            let edge = edge;
            edge.0.handle(input, now);
        });
        if handled.is_err() {
            self.recover(now);
        }
        self.carry_out();
        while let Some(connection) = self.lost.pop() {
            self.edge.handle(Input::Lost { connection }, now);
            self.carry_out();
        }
    }

    fn carry_out(&mut self) {
        loop {
            match self.edge.poll() {
                Output::Transmit(transmit) => self.transmit(transmit),
                Output::Frame { connection, frame } => self.send_frame(connection, frame),
                Output::Close { connection } => {
                    self.connections.remove(&connection);
                }
                Output::Event(event) => self.tell(event),
                Output::Timeout { at } => {
                    self.batch.flush(&self.socket);
                    self.batch.sent.publish(&self.counters.shard);
                    self.deadline = at;
                    return;
                }
            }
        }
    }

    fn transmit(&mut self, transmit: Transmit) {
        if transmit.transport == Transport::Udp {
            return self.batch.push(&transmit, &self.socket);
        }
        let remote = Remote {
            transport: transmit.transport,
            address: transmit.destination,
        };
        // A connection that has ended is a way on which everything is lost: ICE finds another.
        if let Some(outbox) = self.attached.get(&remote) {
            let counters = &self.counters.shard;
            counters.packets.add(1);
            counters.bytes.add(transmit.payload.len() as u64);
            let is_full = outbox.put(QueuedPacket {
                source: transmit.source,
                destination: transmit.destination,
                payload: transmit.payload,
            });
            counters.slow_connections.add(u64::from(is_full));
        }
    }

    /// A client that does not take its frames is disconnected; it may resume.
    fn send_frame(&mut self, connection: ConnectionId, frame: signal::Frame) {
        let Some(frames) = self.connections.get(&connection) else {
            return;
        };
        let frame = match frame {
            signal::Frame::Binary(bytes) => Frame::Binary(bytes.into()),
            signal::Frame::Text(text) => Frame::Text(text),
        };
        if frames.try_send(frame).is_err() {
            self.counters.shard.slow_clients.add(1);
            self.connections.remove(&connection);
            self.lost.push(connection);
        }
    }

    fn tell(&mut self, event: Event) {
        let event = match event {
            Event::Joined {
                room,
                identity,
                sid,
            } => {
                self.stays
                    .insert(sid.clone(), (room.clone(), identity.clone()));
                RtcEvent::Joined {
                    room,
                    identity,
                    stay: sid,
                }
            }
            Event::Left {
                room,
                identity,
                sid,
                reason,
            } => {
                self.stays.remove(&sid);
                RtcEvent::Left {
                    room,
                    identity,
                    stay: sid,
                    reason: leave_reason(reason),
                }
            }
            Event::PathChanged {
                room,
                identity,
                sid,
                transport,
            } => {
                let path = match transport {
                    Transport::Udp => Path::Udp,
                    Transport::Tcp => Path::Tcp,
                    Transport::Relay => Path::Relay,
                };
                RtcEvent::PathChanged {
                    room,
                    identity,
                    stay: sid,
                    path,
                }
            }
        };
        if self.events.try_send(event).is_err() {
            self.counters.shard.events_dropped.add(1);
        }
    }

    /// After a panic one room is given up; when even that fails, the whole engine: its
    /// participants join anew.
    fn recover(&mut self, now: Now) {
        self.counters.shard.panics.add(1);
        let edge = AssertUnwindSafe(&mut self.edge);
        let is_recovered = catch_unwind(move || {
            let edge = edge;
            edge.0.recover(now)
        });
        if is_recovered.unwrap_or(false) {
            tracing::error!("a room failed; its participants join anew");
            return;
        }
        tracing::error!("the media engine failed; its participants join anew");
        let (config, engine) = (self.factory)();
        self.edge = Edge::new(config, engine);
        self.connections.clear();
        self.deadline = None;
        for (stay, (room, identity)) in std::mem::take(&mut self.stays) {
            let reason = LeaveReason::ConnectionLost;
            if self
                .events
                .try_send(RtcEvent::Left {
                    room,
                    identity,
                    stay,
                    reason,
                })
                .is_err()
            {
                self.counters.shard.events_dropped.add(1);
            }
        }
    }
}

fn leave_reason(reason: signal::LeaveReason) -> LeaveReason {
    match reason {
        signal::LeaveReason::Left => LeaveReason::Left,
        signal::LeaveReason::ConnectionLost | signal::LeaveReason::Misbehaved => {
            LeaveReason::ConnectionLost
        }
        signal::LeaveReason::Removed => LeaveReason::Removed,
        signal::LeaveReason::RoomClosed => LeaveReason::RoomClosed,
        signal::LeaveReason::Replaced => LeaveReason::Replaced,
        signal::LeaveReason::ServerStopped => LeaveReason::ServerStopped,
    }
}
