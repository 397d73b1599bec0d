#pragma once

#include <cstddef>
#include <vector>

namespace thalweg::data {

/// Reserves room on huge pages where the system has them: rows that are read in shuffled order are then found
/// by one look into a page table each. To be called while the vector is empty, since what was touched before
/// stays where it is.
void reserve_huge(std::vector<float>& values, std::size_t count);

}  // namespace thalweg::data
