// A plugin for clang-tidy 19, which tools/tidy.py builds and loads. It makes checks visit only the
// declarations of this project. They report nothing about the standard library and other system
// headers, but would spend most of their time there. (clang-tidy 21 does this without a plugin.)
#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendPluginRegistry.h>

#include <memory>
#include <string>
#include <vector>

namespace {

class LeaveOutSystemHeaders : public clang::ASTConsumer {
 public:
  void HandleTranslationUnit(clang::ASTContext& context) override {
    std::vector<clang::Decl*> ours;
    for (clang::Decl* declared : context.getTranslationUnitDecl()->noload_decls()) {
      if (!context.getSourceManager().isInSystemHeader(declared->getLocation()))
        ours.push_back(declared);
    }
    context.setTraversalScope(ours);
  }
};

class Plugin : public clang::PluginASTAction {
 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& /*compiler*/,
                                                        llvm::StringRef /*file*/) override {
    return std::make_unique<LeaveOutSystemHeaders>();
  }
  bool ParseArgs(const clang::CompilerInstance& /*compiler*/,
                 const std::vector<std::string>& /*arguments*/) override {
    return true;
  }
  // The main action runs the checks.
  ActionType getActionType() override { return AddBeforeMainAction; }
};

const clang::FrontendPluginRegistry::Add<Plugin> registered{"tidy_scope",
                                                            "leaves out system headers"};

}  // namespace
