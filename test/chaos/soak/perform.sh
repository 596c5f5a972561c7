# The program of the soak's agent `effect`: sh perform.sh FOLDER. Input: {"key":"…"}. Its effect is a line in a file: done twice, the line stands there twice.
IFS= read -r input
key=${input#*\"key\":\"}
key=${key%%\"*}
echo "$key" >> "$1/performed"
echo "{\"key\":\"$key\"}"
