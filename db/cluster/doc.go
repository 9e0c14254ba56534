// Package cluster runs the private PostgreSQL server of one user on one
// machine: it finds the binaries (or installs them), creates the cluster,
// starts it when it is needed and stops it when it is not.
//
// # Who does what
//
// [Ensure] connects. If nothing answers, it takes start.lock, looks again and
// spawns a supervisor: this same program, detached, in [Supervise]. The
// supervisor is the server's parent, stops it after an idle time and ends with
// it. All files lie in DataDir/pg; nothing else on the machine is touched.
//
// # Locks
//
//   - start.lock is held while somebody starts or stops the server.
//   - supervisor.lock is held by the supervisor alone. Free while the server
//     answers means that the supervisor died; the next Ensure spawns one that
//     adopts the server.
//   - run.lock is held by the supervisor and inherited by every process of the
//     server. It is free when, and only when, all of them are gone, so no two
//     servers can run on the same data, whichever process was killed. It works
//     between containers that share a directory, where process ids do not.
//
// # Stopping without dropping anybody
//
// Ensure sets the modification time of last-used before it connects. The
// supervisor, before it stops the server, renames the socket away and then
// looks at that time and at the connected clients: whoever came before is seen
// and the socket is renamed back; whoever comes later finds no socket and
// waits for start.lock.
package cluster
