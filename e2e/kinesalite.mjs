// Runs kinesalite in memory, on a free port of this machine alone, and prints its address. It ends when its input does,
// so that it does not outlive whoever started it.
import kinesalite from 'kinesalite'

const soon = { createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0 }
const server = kinesalite({ ...soon, shardLimit: 10_000 })
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.stdin.resume().on('end', () => process.exit())

// kinesalite throws where a client goes away in the middle of its request, as a process does that is killed, and would end for everyone else as well.
process.on('uncaughtException', (err) => {
  if (err.code === 'ECONNRESET') return
  console.error(err)
  process.exit(1)
})
