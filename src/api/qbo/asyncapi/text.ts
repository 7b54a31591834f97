/** What the AsyncAPI documents say beside their schemas, in CommonMark. */
export const title = 'kindgate, the QBO AsyncAPI'

export const description = `Commands and their answers over one WebSocket, as QBO's clients speak it. One JSON object in each text message.

**A command** is \`{"cmd": "get nodes -A", "uuid": "…"}\`: \`cmd\` is the command line without \`qbo\`, \`uuid\` is the client's own and comes back in every answer. Verbs and objects may be shortened as long as they stay unambiguous; options stand before or after names, their values apart or glued (\`-n3\`). Names are names, ids, or the first eight or more digits of ids.

**Its answers** carry their data key first, then one envelope. In order: \`input\` 202 (accepted), \`output\` 201 (a thread has started; \`get all\` has one for each list), the data, and last an \`output\` with \`command\` \`CMD_DONE\`: 200, or the code and the words of what went wrong. Lists of what does not exist are empty. \`add\`, \`start\`, \`stop\` and \`delete\` send \`nodes\` as their states change, \`output\` with \`step\` and \`steps\` as the work goes on, and end when it has ended. Two answers have no \`input\`: to what cannot be read (400, 415) and to one command too many (429).

**A watch** (\`-w\`) sends its list once, then a message for each change with the changed elements. What is gone is an element with \`"state": "deleted"\`, on pods and services \`"status": "deleted"\`. It ends with the connection or by \`stop watch\` with its \`command_id\` or \`uuid\`.

**A mirror** is where connections meet: inputs, outputs and changes of nodes that commands bring about go to all connections of the mirror; lists, watches and kubeconfigs only to who asked. A user's connections share a mirror, the one of the user's id; \`?mirror=<uuid>\` names another of one's own, made when first named. Admins may join anybody's. Nobody sees a command of somebody else, but for admins.

**The connection**: the gateway pings every 30 s. It closes with 1001 when it shuts down, 1009 after a message over 64 KiB, 1013 (after an \`output\` 410) when the client does not keep up and has to connect and list anew, 4401 when the credential has ended.

\`source\`, \`wsi\`, \`thread_id\` and \`vhost\` are opaque here.`

export const credentials = {
  qbo_uid: 'A token, or the compact JWE (ECDH-ES, A256CBC-HS512) that a service account makes of its `qbo_aux`',
  qbo_aux: "Empty beside a token; the service account's own beside a JWE",
  bearer: 'A token of the gateway',
}
