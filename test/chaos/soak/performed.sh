# Whether the effect of `perform.sh` was done: sh performed.sh FOLDER. 0 yes, 1 no.
IFS= read -r input
key=${input#*\"key\":\"}
key=${key%%\"*}
grep -qxF "$key" "$1/performed" && echo "{\"key\":\"$key\"}"
