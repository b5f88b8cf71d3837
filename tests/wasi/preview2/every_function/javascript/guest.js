import poll from "wasi:io/poll@0.2.12";
import monotonicClock from "wasi:clocks/monotonic-clock@0.2.12";
import wallClock from "wasi:clocks/wall-clock@0.2.12";
import random from "wasi:random/random@0.2.12";
import insecure from "wasi:random/insecure@0.2.12";
import insecureSeed from "wasi:random/insecure-seed@0.2.12";
import environment from "wasi:cli/environment@0.2.12";
import exit from "wasi:cli/exit@0.2.12";
import stdin from "wasi:cli/stdin@0.2.12";
import stdout from "wasi:cli/stdout@0.2.12";
import stderr from "wasi:cli/stderr@0.2.12";
import terminalStdin from "wasi:cli/terminal-stdin@0.2.12";
import terminalStdout from "wasi:cli/terminal-stdout@0.2.12";
import terminalStderr from "wasi:cli/terminal-stderr@0.2.12";
import files from "wasi:filesystem/types@0.2.12";
import preopens from "wasi:filesystem/preopens@0.2.12";
import instanceNetwork from "wasi:sockets/instance-network@0.2.12";
import nameLookup from "wasi:sockets/ip-name-lookup@0.2.12";
import tcpCreateSocket from "wasi:sockets/tcp-create-socket@0.2.12";
import udpCreateSocket from "wasi:sockets/udp-create-socket@0.2.12";

const encode = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const decode = (bytes) => String.fromCharCode(...bytes);
// What others were made of is dropped last.
const drop = (...things) => things.forEach((thing) => thing[Symbol.dispose]());
const loopback = (port) => ({ tag: "ipv4", val: { port, address: [127, 0, 0, 1] } });

function show(value) {
  return JSON.stringify(value ?? null, (_, it) => {
    if (typeof it === "bigint") return Number(it);
    return it instanceof Uint8Array ? Array.from(it) : it;
  });
}

class Checks {
  wrong = [];

  same(what, found, wanted) {
    if (show(found) !== show(wanted)) this.wrong.push(`${what}: ${show(found)}, not ${show(wanted)}`);
  }

  fails(what, wanted, call) {
    try {
      this.same(what, call(), `the error ${wanted}`);
    } catch (error) {
      this.same(what, error?.payload?.tag ?? error?.payload ?? `${error}`, wanted);
    }
  }
}

// The name of a failing call goes with its error.
function checked(run) {
  return (...given) => {
    const checks = new Checks();
    try {
      run(checks, ...given);
    } catch (error) {
      checks.wrong.push(`thrown: ${show(error?.payload ?? `${error}`)} ${error?.stack ?? ""}`);
    }
    return checks.wrong;
  };
}

function wait(pollable) {
  pollable.block();
  const ready = pollable.ready();
  drop(pollable);
  return ready;
}

// Standard input is "0123456789", and then it breaks.
export const io = checked((checks) => {
  const input = stdin.getStdin();
  const output = stdout.getStdout();
  checks.same("ready", wait(input.subscribe()), true);
  const pollables = [input.subscribe(), output.subscribe()];
  checks.same("poll", Array.from(poll.poll(pollables)), [0, 1]);
  drop(...pollables);
  checks.same("read", decode(input.read(2)), "01");
  checks.same("blocking-read", decode(input.blockingRead(2)), "23");
  checks.same("skip", Number(input.skip(1)), 1);
  checks.same("blocking-skip", Number(input.blockingSkip(1)), 1);
  checks.same("check-write", Number(output.checkWrite()) > 0, true);
  output.write(encode("a"));
  output.flush();
  output.blockingWriteAndFlush(encode("b"));
  output.blockingFlush();
  output.checkWrite();
  output.writeZeroes(1);
  output.blockingWriteZeroesAndFlush(2);
  output.checkWrite();
  checks.same("splice", Number(output.splice(input, 2)), 2);
  checks.same("blocking-splice", Number(output.blockingSplice(input, 2)), 2);
  output.blockingFlush();
  stderr.getStderr().blockingWriteAndFlush(encode("e"));
  try {
    input.blockingRead(1);
    checks.same("a broken stream", "read", "an error");
  } catch (error) {
    const { tag, val } = error.payload;
    checks.same("a broken stream", tag, "last-operation-failed");
    checks.same("to-debug-string", val.toDebugString().length > 0, true);
    checks.same("filesystem-error-code", files.filesystemErrorCode(val), "io");
    drop(val);
  }
  drop(input, output);
});

export const clocksAndChance = checked((checks) => {
  const now = Number(monotonicClock.now());
  checks.same("resolution", Number(monotonicClock.resolution()) > 0, true);
  checks.same("subscribe-instant", wait(monotonicClock.subscribeInstant(now)), true);
  checks.same("subscribe-duration", wait(monotonicClock.subscribeDuration(1000)), true);
  checks.same("it goes on", Number(monotonicClock.now()) >= now + 1000, true);
  const time = wallClock.now();
  checks.same("now", Number(time.seconds), 1700000000);
  checks.same("resolution", wallClock.resolution().nanoseconds > 0, true);
  checks.same("get-random-bytes", random.getRandomBytes(5).length, 5);
  random.getRandomU64();
  checks.same("get-insecure-random-bytes", insecure.getInsecureRandomBytes(6).length, 6);
  insecure.getInsecureRandomU64();
  checks.same("insecure-seed", insecureSeed.insecureSeed().length, 2);
});

export const cli = checked((checks) => {
  checks.same("get-environment", environment.getEnvironment(), [["NAME", "Ada"]]);
  checks.same("get-arguments", environment.getArguments(), ["guest", "one"]);
  checks.same("initial-cwd", environment.initialCwd(), "/d");
  for (const terminal of [
    terminalStdin.getTerminalStdin(),
    terminalStdout.getTerminalStdout(),
  ]) {
    checks.same("a terminal", terminal !== null && terminal !== undefined, true);
    drop(terminal);
  }
  checks.same("no terminal", terminalStderr.getTerminalStderr(), null);
});

export function leave(code) {
  if (code === null || code === undefined) exit.exit({ tag: "err" });
  else exit.exitWithCode(code);
}

export const run = {
  run() {
    stdout.getStdout().blockingWriteAndFlush(encode("run"));
  },
};

// The directory has a file a.txt with "hello".
export const filesystem = checked((checks) => {
  const [[directory, path]] = preopens.getDirectories();
  checks.same("get-directories", path, "/d");
  checks.same("get-type", directory.getType(), "directory");
  const file = directory.openAt({}, "a.txt", {}, { read: true, write: true });
  checks.same("get-flags", Boolean(file.getFlags().write), true);
  checks.same("read", [decode(file.read(9, 1)[0]), file.read(9, 5)[1]], ["ello", true]);
  checks.same("write", Number(file.write(encode("J"), 0)), 1);
  file.advise(0, 0, "sequential");
  file.setSize(4);
  checks.same("stat", Number(file.stat().size), 4);
  file.setTimes({ tag: "now" }, { tag: "timestamp", val: { seconds: 5, nanoseconds: 6 } });
  checks.same("set-times", Number(file.stat().dataModificationTimestamp.seconds), 5);
  directory.setTimesAt({}, "a.txt", { tag: "no-change" }, { tag: "now" });
  file.sync();
  file.syncData();
  const reading = file.readViaStream(0);
  checks.same("read-via-stream", decode(reading.blockingRead(10)), "Jell");
  const writing = file.writeViaStream(1);
  writing.blockingWriteAndFlush(encode("A"));
  const appending = file.appendViaStream();
  appending.blockingWriteAndFlush(encode("Z"));
  drop(reading, writing, appending);
  checks.same("streams", decode(file.read(9, 0)[0]), "JAllZ");
  directory.createDirectoryAt("sub");
  directory.linkAt({}, "a.txt", directory, "sub/hard");
  checks.same("stat-at", Number(directory.statAt({}, "sub/hard").linkCount), 2);
  checks.same("metadata-hash", show(file.metadataHash()), show(directory.metadataHashAt({}, "a.txt")));
  const same = directory.openAt({}, "sub/hard", {}, { read: true });
  checks.same("is-same-object", file.isSameObject(same), true);
  directory.symlinkAt("a.txt", "soft");
  checks.same("readlink-at", directory.readlinkAt("soft"), "a.txt");
  directory.renameAt("soft", directory, "sub/softer");
  const listing = directory.openAt({}, "sub", { directory: true }, { read: true });
  const entries = listing.readDirectory();
  const names = [];
  for (let it = entries.readDirectoryEntry(); it; it = entries.readDirectoryEntry()) names.push(it.name);
  checks.same("read-directory", names.sort(), ["hard", "softer"]);
  directory.unlinkFileAt("sub/hard");
  directory.unlinkFileAt("sub/softer");
  directory.removeDirectoryAt("sub");
  checks.fails("outside", "not-permitted", () => directory.statAt({}, "../x"));
  drop(entries, listing, same, file, directory);
});

function setAll(checks, socket, options) {
  for (const [name, value] of Object.entries(options)) {
    const Name = name[0].toUpperCase() + name.slice(1);
    socket[`set${Name}`](value);
    checks.same(name, Number(socket[name]()) >= value, true);
  }
}

const BUFFERS = { receiveBufferSize: 20000, sendBufferSize: 20000 };

export const tcp = checked((checks) => {
  const net = instanceNetwork.instanceNetwork();
  const listener = tcpCreateSocket.createTcpSocket("ipv4");
  checks.same("address-family", listener.addressFamily(), "ipv4");
  listener.startBind(net, loopback(0));
  listener.finishBind();
  listener.setListenBacklogSize(5);
  listener.startListen();
  listener.finishListen();
  checks.same("is-listening", listener.isListening(), true);
  checks.fails("accept", "would-block", () => listener.accept());
  const client = tcpCreateSocket.createTcpSocket("ipv4");
  setAll(checks, client, {
    keepAliveEnabled: true,
    keepAliveIdleTime: 60e9,
    keepAliveInterval: 10e9,
    keepAliveCount: 3,
    hopLimit: 9,
    ...BUFFERS,
  });
  const address = listener.localAddress();
  client.startConnect(net, address);
  wait(client.subscribe());
  const [incoming, outgoing] = client.finishConnect();
  checks.same("remote-address", client.remoteAddress(), address);
  wait(listener.subscribe());
  const [served, input, output] = listener.accept();
  outgoing.blockingWriteAndFlush(encode("hello"));
  client.shutdown("send");
  checks.same("echo", decode(input.blockingRead(9)), "hello");
  checks.fails("the end", "closed", () => input.blockingRead(9));
  drop(input, output, served, incoming, outgoing, client, listener);
  const lookup = nameLookup.resolveAddresses(net, "127.0.0.1");
  wait(lookup.subscribe());
  checks.same("resolve", lookup.resolveNextAddress().tag, "ipv4");
  checks.same("resolve-next-address", lookup.resolveNextAddress(), null);
  drop(lookup, net);
});

export const udp = checked((checks) => {
  const net = instanceNetwork.instanceNetwork();
  const sockets = [0, 1].map(() => {
    const socket = udpCreateSocket.createUdpSocket("ipv4");
    socket.startBind(net, loopback(0));
    wait(socket.subscribe());
    socket.finishBind();
    return socket;
  });
  const [one, two] = sockets;
  checks.same("address-family", one.addressFamily(), "ipv4");
  setAll(checks, one, { unicastHopLimit: 7, ...BUFFERS });
  const [incoming, outgoing] = one.stream(two.localAddress());
  checks.same("remote-address", one.remoteAddress(), two.localAddress());
  const [inward, outward] = two.stream(null);
  wait(outgoing.subscribe());
  checks.same("check-send", Number(outgoing.checkSend()) > 0, true);
  checks.same("send", Number(outgoing.send([{ data: encode("hi"), remoteAddress: null }])), 1);
  wait(inward.subscribe());
  const [{ data, remoteAddress }] = inward.receive(9);
  checks.same("receive", decode(data), "hi");
  checks.same("remote", remoteAddress, one.localAddress());
  drop(incoming, outgoing, inward, outward, one, two, net);
});
