// What a learner from a stream keeps beside its optimizer, in the notes of a checkpoint.

#include <filesystem>

#include "workbench/notes.h"
#include "workbench/online.h"

namespace thalweg::workbench {

void OnlineLearner::save(const std::string& path, Notes notes) {
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  notes.numbers["learner.size"] = {count(columns_), count(room_), count(classes_), count(outputs_)};
  write_tally(non_finite_, "learner.non_finite", notes);
  optimizer_.save(path, notes);
}

void OnlineLearner::load(const Checkpoint& checkpoint) {
  const NoteReader notes(checkpoint);
  (void)notes.numbers("learner.size", 4);
  // The file has all of the room.
  const std::size_t most = std::filesystem::file_size(checkpoint.path()) / sizeof(float),
                    outputs = notes.count("learner.size", 3, most),
                    room = notes.count("learner.size", 1, most / std::max<std::size_t>(1, outputs)),
                    columns = notes.count("learner.size", 0, room),
                    classes = notes.count("learner.size", 2, NoteReader::most);
  if (outputs == 0 || (outputs != 1 && head_ != models::Head::cross_entropy))
    throw notes.wrong("learner.size", std::to_string(outputs) + " outputs", "those of " + model_.text());
  const NonFiniteTally non_finite = read_tally(notes, "learner.non_finite");
  if (room > room_ || outputs > outputs_) grow(room, std::max(outputs, outputs_));
  optimizer_.load(checkpoint);
  columns_ = columns;
  classes_ = classes;
  non_finite_ = non_finite;
}

}  // namespace thalweg::workbench
