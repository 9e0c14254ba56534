// Package markdown writes a project's state into files that people read and
// edit in their repository, STATUS, GATES, TASKS, DECISIONS, MEMORY and the
// tracking documents, and reads TASKS, DECISIONS and MEMORY back.
//
// Rendering is pure: the same state gives the same bytes. [Parse] is its
// inverse: a file is a row of blocks that together are its bytes, see
// [Document]. docs/markdown.md tells people what they can do to the files; this
// is how the format is made:
//
//   - A record is an item of a list at the left margin that begins with its id,
//     `- [ ] **t-7k3f9m2p** Title`, or in DECISIONS a section,
//     `## d-7k3f9m2p: Title`. Ids are whole, so that they stay the same whatever
//     other records there are, and are the same in every database. The rest of
//     the first line is the title and nothing else.
//   - Below it stand attributes, `  - key: value · key: value`, texts with a
//     label, `  - result: Baked.`, and the record's own text in a quote. What is
//     none of these is read as part of that text.
//   - Under a heading of LayerCake's, an item without an id is a new record; so
//     is, in DECISIONS, a section without an id.
//   - What people wrote into a record keeps its meaning as markdown but cannot
//     leave its place: titles stay in their line, texts in their quote, cells in
//     their column. The changes made for that can be undone without loss, see
//     escape.go and decode.go.
//   - Everything else is a text of people. It is kept as it is, behind the block
//     that it stands behind; one that begins with a heading of its own stays
//     behind the whole section, so that records that are added do not end up
//     below that heading.
//   - Tasks stand in the order that people gave them, other records in the order
//     in which they were made, whatever becomes of them, so that a change of one
//     record is a change of one row.
//   - What differs between databases or changes by itself, such as who works on
//     a task until when, stands in STATUS and GATES, which are only to be read.
//   - The last line is a stamp, see [Stamp]: by it an edited file is told from
//     one that nobody touched, and what it was before is found.
//
// Blocks are found by goldmark's parsers, so that code, comments and quotes are
// never taken for records. Three things differ from CommonMark, each so that
// less can go wrong: the inside of a quote is not looked at, lists nest twelve
// blocks deep at most, and a block of tags ends where a heading or a record
// begins even without an empty line between.
//
// Writing never takes away what a person wrote: a file that is not a rendering
// known to the database stays as it is, or is kept aside when a person asks for
// it to be replaced.
package markdown
