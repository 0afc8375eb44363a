/// A Python exception that passes through C++.
#pragma once

#include <mtaio/python/object.hpp>

#include <exception>
#include <memory>
#include <string>

namespace mtaio::python {

/// `co_await` of a Python awaitable throws this when the awaitable has raised. When it comes back
/// to Python, the same exception is raised again. Any thread.
class PythonError : public std::exception {
 public:
  /// Takes the exception that is set. With the GIL.
  static PythonError fetch();

  /// The type and the text: "ValueError: refused".
  [[nodiscard]] const char* what() const noexcept override { return text_->c_str(); }
  /// The exception object (borrowed).
  [[nodiscard]] PyObject* error() const noexcept { return error_->get(); }

 private:
  PythonError(std::shared_ptr<Object> error, std::shared_ptr<std::string> text)
      : error_{std::move(error)}, text_{std::move(text)} {}

  std::shared_ptr<Object> error_;
  std::shared_ptr<std::string> text_;
};

/// Sets the Python exception that corresponds to `error`. With the GIL.
void raise_in_python(const std::exception_ptr& error) noexcept;

}  // namespace mtaio::python
