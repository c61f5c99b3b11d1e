// Runs dynalite in memory, on a free port of this machine alone, and prints its address. It ends when its input does,
// so that it does not outlive whoever started it.
import dynalite from 'dynalite'

const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.stdin.resume().on('end', () => process.exit())

// dynalite throws where a client goes away in the middle of its request, as a process does that is killed, and would end for everyone else as well.
process.on('uncaughtException', (err) => {
  if (err.code === 'ECONNRESET') return
  console.error(err)
  process.exit(1)
})
