// Package markdown writes a project's state into files that people read and
// edit in their repository: STATUS, GATES, TASKS, DECISIONS, MEMORY and the
// tracking documents.
//
// Rendering is pure: the same state gives the same bytes. The format is made
// to be read back:
//
//   - A record is one row that begins with its id, `- [ ] **t-7k3f** Title` in a
//     list or `## d-7k3f: Title` as a section, followed by indented attributes
//     `  - key: value · key: value` and by texts of several lines in a quote.
//     The rest of the row's first line is the title and nothing else, so it can
//     be retitled; the box can be ticked; a row without an id is a new record.
//   - What people wrote keeps its meaning as markdown but cannot leave its
//     place: titles stay in their line, texts in their quote, cells in their
//     column. The changes made for that can be undone without loss, see escape.go.
//   - Rows stand in the order in which records were made, whatever becomes of
//     them, so that a change of one record is a change of one row.
//   - The last line is a stamp, see [Stamp]: by it an edited file is told from
//     one that nobody touched.
//
// Writing never takes away what a person wrote: a file that is not a rendering
// known to the database stays as it is, or is kept aside when a person asks for
// it to be replaced.
package markdown
