// Runs on the bundled data with which nothing is wrong.

#include "diagnose_cases.h"

namespace thalweg::workbench::diagnosis {

const std::vector<Case>& healthy_cases() {
  static const std::vector<Case> cases = [] {
    struct Run {
      const char *on, *optimizer;
      std::uint64_t epochs;
      double cooldown;
    };
    constexpr Run runs[] = {{"iris softmax", "sgd:lr=0.1", 60, 0},
                            {"iris softmax", "nesterov:lr=0.01", 30, 0.3},
                            {"iris softmax", "adadelta", 30, 0.3},
                            {"iris softmax", "adam", 60, 0},
                            {"iris softmax", "adamax:lr=0.005", 30, 0.3},
                            {"iris softmax", "amsgrad:lr=0.005", 30, 0.3},
                            {"iris softmax", "qhm:lr=0.1", 60, 0},
                            {"iris softmax", "aggmo:lr=0.01", 30, 0.3},
                            {"iris mlp:16", "momentum:lr=0.03", 30, 0.3},
                            {"iris mlp:16", "adagrad:lr=0.05", 60, 0},
                            {"iris mlp:16", "rmsprop", 30, 0.3},
                            {"iris mlp:16", "adam:lr=0.005", 30, 0.3},
                            {"iris mlp:16", "nadam", 60, 0},
                            {"iris mlp:16", "adamw", 30, 0.3},
                            {"iris mlp:16", "qhadam:lr=0.003", 30, 0.3},
                            {"iris mlp:16,activation=tanh", "sgd:lr=0.1", 60, 0},
                            {"iris mlp:16,activation=tanh", "nesterov:lr=0.01", 30, 0.3},
                            {"iris mlp:16,activation=tanh", "adadelta", 30, 0.3},
                            {"iris mlp:16,activation=tanh", "adam", 60, 0},
                            {"iris mlp:16,activation=tanh", "adamax:lr=0.005", 30, 0.3},
                            {"iris mlp:16,activation=tanh", "amsgrad:lr=0.005", 30, 0.3},
                            {"iris mlp:16,activation=tanh", "qhm:lr=0.1", 60, 0},
                            {"iris mlp:16,activation=tanh", "aggmo:lr=0.01", 30, 0.3},
                            {"wine softmax", "momentum:lr=0.03", 30, 0.3},
                            {"wine softmax", "adagrad:lr=0.05", 60, 0},
                            {"wine softmax", "rmsprop", 30, 0.3},
                            {"wine softmax", "adam:lr=0.005", 30, 0.3},
                            {"wine softmax", "nadam", 60, 0},
                            {"wine softmax", "adamw", 30, 0.3},
                            {"wine softmax", "qhadam:lr=0.003", 30, 0.3},
                            {"wine mlp:32,16", "sgd:lr=0.1", 60, 0},
                            {"wine mlp:32,16", "nesterov:lr=0.01", 30, 0.3},
                            {"wine mlp:32,16", "adadelta", 30, 0.3},
                            {"wine mlp:32,16", "adam", 60, 0},
                            {"wine mlp:32,16", "adamax:lr=0.005", 30, 0.3},
                            {"wine mlp:32,16", "amsgrad:lr=0.005", 30, 0.3},
                            {"wine mlp:32,16", "qhm:lr=0.1", 60, 0},
                            {"wine mlp:32,16", "aggmo:lr=0.01", 30, 0.3},
                            {"breast_cancer logistic", "momentum:lr=0.03", 30, 0.3},
                            {"breast_cancer logistic", "adagrad:lr=0.05", 60, 0},
                            {"breast_cancer logistic", "rmsprop", 30, 0.3},
                            {"breast_cancer logistic", "adam:lr=0.005", 30, 0.3},
                            {"breast_cancer logistic", "nadam", 60, 0},
                            {"breast_cancer logistic", "adamw", 30, 0.3},
                            {"breast_cancer logistic", "qhadam:lr=0.003", 30, 0.3},
                            {"breast_cancer mlp:16", "sgd:lr=0.1", 60, 0},
                            {"breast_cancer mlp:16", "nesterov:lr=0.01", 30, 0.3},
                            {"breast_cancer mlp:16", "adadelta", 30, 0.3},
                            {"breast_cancer mlp:16", "adam", 60, 0},
                            {"breast_cancer mlp:16", "adamax:lr=0.005", 30, 0.3},
                            {"breast_cancer mlp:16", "amsgrad:lr=0.005", 30, 0.3},
                            {"breast_cancer mlp:16", "qhm:lr=0.1", 60, 0},
                            {"breast_cancer mlp:16", "aggmo:lr=0.01", 30, 0.3},
                            {"diabetes linear", "momentum:lr=0.03", 30, 0.3},
                            {"diabetes linear", "adagrad:lr=0.05", 60, 0},
                            {"diabetes linear", "rmsprop", 30, 0.3},
                            {"diabetes linear", "adam:lr=0.005", 30, 0.3},
                            {"diabetes linear", "nadam", 60, 0},
                            {"diabetes linear", "adamw", 30, 0.3},
                            {"diabetes linear", "qhadam:lr=0.003", 30, 0.3},
                            {"diabetes mlp:16", "sgd:lr=0.1", 60, 0},
                            {"diabetes mlp:16", "nesterov:lr=0.01", 30, 0.3},
                            {"diabetes mlp:16", "adadelta", 30, 0.3},
                            {"diabetes mlp:16", "adam", 60, 0},
                            {"diabetes mlp:16", "adamax:lr=0.005", 30, 0.3},
                            {"diabetes mlp:16", "amsgrad:lr=0.005", 30, 0.3},
                            {"diabetes mlp:16", "qhm:lr=0.1", 60, 0},
                            {"diabetes mlp:16", "aggmo:lr=0.01", 30, 0.3},
                            {"digits softmax", "sgd:lr=0.1", 15, 0.3},
                            {"digits softmax", "adagrad:lr=0.05", 15, 0.3},
                            {"digits softmax", "adam", 15, 0.3},
                            {"digits softmax", "nadam", 15, 0.3},
                            {"digits softmax", "qhm:lr=0.1", 15, 0.3},
                            {"digits mlp:32", "adam", 15, 0.3},
                            {"digits mlp:32", "sgd:lr=0.1", 15, 0.3},
                            {"digits mlp:32", "momentum:lr=0.03", 15, 0.3},
                            {"digits mlp:64", "adam", 30, 0.3},
                            {"agaricus logistic", "sgd:lr=0.5", 6, 0.3},
                            {"agaricus logistic", "adam:lr=0.01", 6, 0.3},
                            {"agaricus logistic", "adagrad:lr=0.1", 6, 0.3}};
    std::vector<Case> made;
    for (const Run& run : runs) {
      made.push_back({.on = run.on, .optimizer = run.optimizer, .length = run.epochs});
      made.back().cooldown = run.cooldown;
    }
    return made;
  }();
  return cases;
}

}  // namespace thalweg::workbench::diagnosis
