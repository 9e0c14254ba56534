package outline

// grammars are the languages whose definitions start with keywords.
//
//nolint:gochecknoglobals // a fixed table, never written to
var grammars = map[string]*grammar{
	"go": goSource, "graphql": graphql, "hcl": hcl, "kotlin": kotlin, "prisma": hcl, "proto": proto, "rust": rust, "scala": scala,
	"solidity": solidity, "swift": swift, "thrift": proto,
}

// readers are the other languages.
//
//nolint:gochecknoglobals // a fixed table, never written to
var readers = map[string]func([]byte) File{
	"c": cFile, "cpp": cFile, "crystal": ruby, "csharp": csharp.read, "cuda": cFile, "dart": dart.read, "dockerfile": dockerfile, "elixir": elixir,
	"glsl": cFile, "gradle": groovy.read, "groovy": groovy.read, "haskell": haskell, "java": java.read, "javascript": javascript, "jsx": javascript,
	"lua": lua, "makefile": makefile, "markdown": markdown, "objc": objcFile, "php": phpRead, "python": python, "rst": rst, "ruby": ruby,
	"shell": shell, "sql": sql, "starlark": python, "svelte": embedded, "tsx": javascript, "typescript": typescript, "vue": embedded, "yaml": yaml,
	"zig": zigRead,
}

// scan finds the scanner for a language.
func scan(lang string, src []byte) File {
	if lang == "go" {
		if f, ok := goFile(src); ok {
			return f
		}
	}
	if g, ok := grammars[lang]; ok {
		return g.read(src)
	}
	if read, ok := readers[lang]; ok {
		return read(src)
	}
	return marked(lang, src)
}
