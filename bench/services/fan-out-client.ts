/** A client of socket.io that speaks no more of its protocol than it takes to be told something: it must not be what is measured. */
export interface Listener {
  close: () => void;
}

/** https://socket.io/docs/v4/socket-io-protocol/: the packets of Engine.IO (0, 2, 3) and, in its messages (4), of Socket.IO (0, 2, 3). */
const packets = { open: "0", ping: "2", pong: "3", connect: "40", event: "42", ask: "420", ack: "430" } as const;

const told = '42["event",';

/** Connects, subscribes, and from then on calls `tell` with what each event says, as JSON. @throws Error when it is refused */
export function listen(
  url: string,
  { auth, subscription, tell }: { auth: object; subscription: object; tell: (json: string) => void },
): Promise<Listener> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`);
  return new Promise((resolve, reject) => {
    const say = (text: string) => {
      socket.send(text);
    };
    socket.addEventListener("error", () => reject(new Error(`no connection to ${url}`)));
    socket.addEventListener("close", () => reject(new Error(`${url} has ended the connection`)));
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      if (text.startsWith(told)) tell(text.slice(told.length, -1));
      else if (text === packets.ping) say(packets.pong);
      else if (text.startsWith(packets.open)) say(packets.connect + JSON.stringify(auth));
      else if (text.startsWith(packets.connect)) say(packets.ask + JSON.stringify(["subscribe", subscription]));
      else if (text.startsWith(packets.ack) && text.includes('"ok":true')) resolve({ close: () => socket.close() });
      else if (!text.startsWith(packets.event)) reject(new Error(`${url} says ${text}`));
    });
  });
}
