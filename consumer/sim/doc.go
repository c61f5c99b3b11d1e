// Package sim holds a simulation of everything that counts, as tests: producers, shards that are delivered again and again, consumers with their
// own memory, rollers and readers on one store.
//
// Every actor is a goroutine that stops before each store call, until a scheduler lets it go on: so one call is made at a time, in an order that a
// seed decides, on a virtual clock. At any call the scheduler may let it fail, lose its answer, end the actor before or after it, or leave the
// actor asleep for minutes while its work is given to another. A seed gives the same calls in the same order again: TestSameSeedSameTrace.
//
// What comes out is compared with package aggregate/naive, which is told of every copy that was put onto the stream. That these checks can
// fail is shown by mutants: stores and pollers that are wrong in one way each, all of which must be found.
//
//	go test ./consumer/sim -run Everything -sim.seed=N    # one seed again, with its trace
package sim
