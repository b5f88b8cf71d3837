import poll from "wasi:io/poll@0.2.12";
import stdin from "wasi:cli/stdin@0.2.12";
import clock from "wasi:clocks/monotonic-clock@0.2.12";
import instanceNetwork from "wasi:sockets/instance-network@0.2.12";
import tcpCreateSocket from "wasi:sockets/tcp-create-socket@0.2.12";
import udpCreateSocket from "wasi:sockets/udp-create-socket@0.2.12";
import nameLookup from "wasi:sockets/ip-name-lookup@0.2.12";

const loopback = (port) => ({ tag: "ipv4", val: { port, address: [127, 0, 0, 1] } });
const encode = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const decode = (bytes) => String.fromCharCode(...bytes);
// What others were made of is dropped last.
const drop = (...things) => things.forEach((thing) => thing[Symbol.dispose]());

function block(pollable) {
  pollable.block();
  drop(pollable);
}

// What a call gives, or the error that it throws, as a text.
function attempt(call) {
  try {
    return call();
  } catch (error) {
    return `error: ${error?.payload?.tag ?? error?.payload ?? error?.tag ?? error?.message ?? error}`;
  }
}

function readToEnd(input) {
  let text = "";
  for (;;) {
    try {
      text += decode(input.blockingRead(4096));
    } catch {
      return text;
    }
  }
}

function connect(port) {
  const socket = tcpCreateSocket.createTcpSocket("ipv4");
  socket.startConnect(instanceNetwork.instanceNetwork(), loopback(port));
  block(socket.subscribe());
  return [...socket.finishConnect(), socket];
}

export function talk(port, text) {
  return attempt(() => {
    const [input, output, socket] = connect(port);
    output.blockingWriteAndFlush(encode(text));
    socket.shutdown("send");
    const answer = readToEnd(input);
    drop(input, output, socket);
    return answer;
  });
}

function bindUdp() {
  const socket = udpCreateSocket.createUdpSocket("ipv4");
  socket.startBind(instanceNetwork.instanceNetwork(), loopback(0));
  socket.finishBind();
  return socket;
}

export function serve(tell) {
  return attempt(() => {
    const listener = tcpCreateSocket.createTcpSocket("ipv4");
    listener.startBind(instanceNetwork.instanceNetwork(), loopback(0));
    listener.finishBind();
    listener.startListen();
    listener.finishListen();
    const udp = bindUdp();
    const [incoming, outgoing] = udp.stream(loopback(tell));
    outgoing.checkSend();
    outgoing.send([{ data: encode(`${listener.localAddress().val.port}`), remoteAddress: null }]);
    block(listener.subscribe());
    const [socket, input, output] = listener.accept();
    const text = readToEnd(input);
    output.blockingWriteAndFlush(encode(text.toUpperCase()));
    socket.shutdown("both");
    drop(input, output, socket, listener, incoming, outgoing, udp);
    return text;
  });
}

export function ask(port, text, patienceMs) {
  return attempt(() => {
    const socket = bindUdp();
    const [incoming, outgoing] = socket.stream(null);
    outgoing.checkSend();
    outgoing.send([{ data: encode(text), remoteAddress: loopback(port) }]);
    const pollables = [incoming.subscribe(), clock.subscribeDuration(patienceMs * 1e6)];
    const ready = Array.from(poll.poll(pollables));
    const answer = ready.includes(0) ? decode(incoming.receive(1)[0].data) : "silence";
    drop(...pollables, incoming, outgoing, socket);
    return answer;
  });
}

export function turns(port, patienceMs) {
  const [input, output, socket] = connect(port);
  const typed = stdin.getStdin();
  const woken = [];
  for (const milliseconds of patienceMs) {
    const pollables = [clock.subscribeDuration(milliseconds * 1e6), input.subscribe(), typed.subscribe()];
    output.blockingWriteAndFlush(encode("waiting"));
    const ready = Array.from(poll.poll(pollables));
    drop(...pollables);
    if (ready.includes(0)) woken.push("timer");
    if (ready.includes(1)) woken.push(`socket ${decode(input.read(100))}`);
    if (ready.includes(2)) woken.push(`stdin ${decode(typed.read(100))}`);
  }
  drop(typed, input, output, socket);
  return woken;
}

export function resolve(name) {
  return attempt(() => {
    const lookup = nameLookup.resolveAddresses(instanceNetwork.instanceNetwork(), name);
    block(lookup.subscribe());
    const found = [];
    for (let it = lookup.resolveNextAddress(); it; it = lookup.resolveNextAddress())
      found.push(`${it.tag} ${Array.from(it.val).join(".")}`);
    drop(lookup);
    return found.join(" ");
  });
}
