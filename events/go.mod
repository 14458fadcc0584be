module kith.internal/events

go 1.26.0
