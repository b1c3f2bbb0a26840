# hold: waits for a person to type. Escape: the judge waits for standard input.
# ends: exception timeout violation
line = input('password: ')
