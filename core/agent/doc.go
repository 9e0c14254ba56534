// Package agent has models and programs work on a task.
//
// There are two kinds of workers. A [Model] answers one turn, and [Run] is the loop
// around it: it sends the conversation, calls the tools that the model asks for, sends
// back what they answered, and goes on until the model has finished, a limit is
// reached or the caller cancels. A [Program], such as `claude -p`, does a whole run by
// itself, and [RunProgram] only holds its budget and its time.
//
// The package knows no database and no project. What a run may spend is the business
// of a [Ledger], what its tools do that of Spec.Call, and what is kept of it that of
// Spec.Record. Providers are in core/agent/provider, prices in core/agent/price.
package agent
