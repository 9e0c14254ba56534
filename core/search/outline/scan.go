package outline

// grammars are the languages whose definitions start with keywords.
//
//nolint:gochecknoglobals // a fixed table, never written to
var grammars = map[string]*grammar{
	"kotlin": kotlin, "rust": rust, "swift": swift,
}

// readers are the other languages.
//
//nolint:gochecknoglobals // a fixed table, never written to
var readers = map[string]func([]byte) File{
	"php": phpRead, "typescript": typescript, "tsx": javascript, "javascript": javascript, "jsx": javascript, "python": python, "starlark": python,
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
	return File{}
}
