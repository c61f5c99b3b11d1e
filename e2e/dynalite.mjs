// Runs dynalite in memory, on a free port of this machine alone, and prints its address. It ends when its input does,
// so that it does not outlive whoever started it.
import dynalite from 'dynalite'

const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.stdin.resume().on('end', () => process.exit())
