package events

import "reflect"

// PersonField is a field of a fact that names a person.
type PersonField struct {
	Name string // in JSON
	ID   *PersonID
}

// PersonFields returns every field of f that names a person, empty ones too, in the order of
// the struct. Writing through ID changes f, so f must be a pointer: else there are none.
func PersonFields(f Fact) []PersonField {
	v, p := open(f)
	if p == nil || len(p.people) == 0 {
		return nil
	}
	fields := make([]PersonField, 0, len(p.people))
	for _, i := range p.people {
		id := v.FieldByIndex(p.fields[i].index).Addr().Interface().(*PersonID)
		fields = append(fields, PersonField{Name: p.fields[i].name, ID: id})
	}
	return fields
}

// PeopleOf returns pointers to the same fields as PersonFields.
func PeopleOf(f Fact) []*PersonID {
	var ids []*PersonID
	for _, field := range PersonFields(f) {
		ids = append(ids, field.ID)
	}
	return ids
}

// Secrets returns every field of f that is sealed, empty ones too, by its name in JSON. Writing
// through a pointer changes f, so f must be a pointer: else there are none.
func Secrets(f Fact) map[string]*SealedBytes {
	v, p := open(f)
	if p == nil || len(p.secrets) == 0 {
		return nil
	}
	secrets := make(map[string]*SealedBytes, len(p.secrets))
	for _, i := range p.secrets {
		secrets[p.fields[i].name] = v.FieldByIndex(p.fields[i].index).Addr().Interface().(*SealedBytes)
	}
	return secrets
}

// open returns the struct that f points to and its plan, or no plan where f points to none.
func open(f Fact) (reflect.Value, *plan) {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return v, nil
	}
	return v.Elem(), planOf(v.Elem().Type())
}

// References returns pointers to every field of f that names another fact or a program, empty
// ones too: a sender gives these by its own ids, and intake turns them into the log's.
func References(f Fact) (facts []*FactID, programs []*ProgramID) {
	v, p := open(f)
	if p == nil {
		return nil, nil
	}
	for i := range p.fields {
		switch ref := v.FieldByIndex(p.fields[i].index).Addr().Interface().(type) {
		case *FactID:
			facts = append(facts, ref)
		case *[]FactID:
			for j := range *ref {
				facts = append(facts, &(*ref)[j])
			}
		case *ProgramID:
			programs = append(programs, ref)
		}
	}
	return facts, programs
}
