# What the agent's hosts run for each task: sh executor.sh FOLDER. Input: {"task":"ROUND/NAME FAILURES"}.
# It notes each execution before and after, fails as often as it was told, and then takes its effect: a file that only one can create.
# Built-ins only: a process for each task is dear enough.
IFS= read -r input
task=${input#*\"task\":\"}
task=${task%%\"*}
key=${task% *}
failures=${task##* }
folder=$1/${key%%/*}
name=${key#*/}

execution=1
while ! (set -C && : > "$folder/tries/$name.$execution") 2> /dev/null; do
  # No such folder: a message of a round that is long over.
  [ -d "$folder/tries" ] || exit 126
  execution=$((execution + 1))
done
echo "begin $key $execution" >> "$folder/executions"
if [ "$execution" -le "$failures" ]; then
  echo "fail $key $execution" >> "$folder/executions"
  echo "execution $execution of $key was told to fail" >&2
  exit 1
fi
if (set -C && : > "$folder/effects/$name") 2> /dev/null; then effect=new; else effect=old; fi
echo "end $key $execution $effect" >> "$folder/executions"
echo "{\"key\":\"$key\",\"execution\":$execution}"
