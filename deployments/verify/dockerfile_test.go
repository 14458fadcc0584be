package verify

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	instruction = regexp.MustCompile(`(?m)^([A-Z]+) (.*)$`)
	nonRoot     = regexp.MustCompile(`(?m)^USER 65532:65532$`)
)

// TestImagesRunAsNobody: every image ends as the stage that is not root and starts the binary itself, so
// that the service and not a shell gets SIGTERM.
func TestImagesRunAsNobody(t *testing.T) {
	text := string(readFile(t, "deployments", "Dockerfile"))
	minimal := text[strings.Index(text, " AS minimal\n"):]
	minimal = minimal[:strings.Index(minimal, "\nFROM ")]
	if !nonRoot.MatchString(minimal) || !strings.Contains(minimal, `ENTRYPOINT ["/service"]`) {
		t.Errorf("the final stage is\n%s", minimal)
	}
	if !strings.HasSuffix(text, "\nFROM minimal\n") {
		t.Error("an image without a target is not the minimal one")
	}
}

// TestDockerfileCopiesWhatExists, and nothing that its ignore file keeps out.
func TestDockerfileCopiesWhatExists(t *testing.T) {
	ignore := string(readFile(t, "deployments", "Dockerfile.dockerignore"))
	for _, m := range instruction.FindAllStringSubmatch(string(readFile(t, "deployments", "Dockerfile")), -1) {
		words := strings.Fields(m[2])
		if m[1] != "COPY" || strings.HasPrefix(m[2], "--from") {
			continue
		}
		for _, path := range words[:len(words)-1] {
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Error(err)
			}
			module, _, _ := strings.Cut(path, "/")
			if !strings.Contains(ignore, "\n!"+module+"\n") {
				t.Errorf("%s is kept out of the build", path)
			}
		}
	}
}
